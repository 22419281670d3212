# Let R write the list: Rscript write_r.R JOB.tsv FOLDER. R has no integer beyond 2^31: a whole number is a double, or bit64's.
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[2]
list_of <- function() read.delim(arguments[1], colClasses = "character", check.names = FALSE, na.strings = character(), quote = "")
GAP <- 5

typed <- function(kind) {
  frame <- list_of()
  id <- frame[["Course ID"]]
  if (kind == "float") frame[["Course ID"]] <- as.numeric(id)
  if (kind == "integer") frame[["Course ID"]] <- bit64::as.integer64(id)
  if (kind == "gap") { frame[["Course ID"]] <- as.numeric(id); frame[["Course ID"]][GAP] <- NA }
  frame
}

writers <- list(
  list("R", "write.csv", "csv", function(f, p) write.csv(f, p)),
  list("R", "write.csv(row.names = FALSE)", "csv", function(f, p) write.csv(f, p, row.names = FALSE)),
  list("R", "write.csv2(row.names = FALSE)", "csv", function(f, p) write.csv2(f, p, row.names = FALSE)),
  list("R", "write.table", "txt", function(f, p) write.table(f, p)),
  list("R", "write.table(sep = \",\")", "csv", function(f, p) write.table(f, p, sep = ",")),
  list("R", "write.table(sep = \"\\t\", row.names = FALSE, quote = FALSE)", "tsv", function(f, p) write.table(f, p, sep = "\t", row.names = FALSE, quote = FALSE)),
  list("R", "read.csv, then write.csv", "csv", function(f, p) { write.csv(f, p, row.names = FALSE); write.csv(read.csv(p, check.names = FALSE), p, row.names = FALSE) }),
  list("R", "print", "txt", function(f, p) { sink(p); print(f); sink() }),
  list("readr", "write_csv", "csv", function(f, p) readr::write_csv(f, p)),
  list("readr", "write_excel_csv", "csv", function(f, p) readr::write_excel_csv(f, p)),
  list("readr", "read_csv, then write_csv", "csv", function(f, p) { readr::write_csv(f, p); readr::write_csv(readr::read_csv(p, show_col_types = FALSE), p) }),
  list("data.table", "fwrite", "csv", function(f, p) data.table::fwrite(f, p)),
  list("data.table", "fread, then fwrite", "csv", function(f, p) { data.table::fwrite(f, p); data.table::fwrite(data.table::fread(p), p) }),
  list("openxlsx", "write.xlsx", "xlsx", function(f, p) openxlsx::write.xlsx(f, p)),
  list("openxlsx", "hidden rows", "xlsx", function(f, p) {
    book <- openxlsx::createWorkbook(); openxlsx::addWorksheet(book, "Courses"); openxlsx::writeData(book, 1, f)
    openxlsx::setRowHeights(book, 1, rows = c(4, 6), heights = 0); openxlsx::saveWorkbook(book, p) })
)

text <- function(value) gsub("\"", "\\\\\"", gsub("\n", " ", gsub("\\\\", "\\\\\\\\", value)))
number <- 0
for (writer in writers) for (kind in if (writer[[2]] == "hidden rows") "text" else c("text", "integer", "float", "gap")) {
  file <- sprintf("r-%04d.%s", number, writer[[3]])
  number <- number + 1
  failed <- tryCatch({ suppressWarnings(writer[[4]](typed(kind), file.path(folder, file))); "" }, error = function(e) conditionMessage(e))
  version <- if (writer[[1]] == "R") as.character(getRversion()) else tryCatch(as.character(packageVersion(writer[[1]])), error = function(e) "")
  cat(sprintf("{\"program\": \"%s\", \"version\": \"%s\", \"call\": \"%s\", \"kind\": \"%s\", \"file\": \"%s\", \"error\": \"%s\"}\n",
    writer[[1]], version, text(writer[[2]]), kind, if (failed == "") file else "", text(substr(failed, 1, 150))))
}
