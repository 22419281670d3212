"""Settings: flags over environment over job file over defaults, under one name everywhere."""
