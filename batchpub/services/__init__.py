"""The services that courses are published in; `interface` is all that the rest of the program knows of them."""
