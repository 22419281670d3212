#!/usr/bin/env bash
# SheetJS: a hidden row stays hidden in .xlsx, .xlsb, XML 2003 and SYLK, and is an ordinary one in .ods and .xls.
#
# Guess, written down first: every format of a workbook that can hide a row (all but text) keeps what `!rows` says is hidden;
# SYLK, the oldest and plainest of them, is the one that loses it.
# Seen (xlsx 0.18.5, the newest on npm, Node 20): .ods and .xls (BIFF 2, 5 and 8) are written without a word about it; SYLK
# keeps it. Nothing is raised and no option asks for it.
# What follows: whoever hides rows that must not be used and converts the workbook brings all of them back.
# Source: xlsx.js, where write_ods and write_biff look at widths and heights only.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > npm.log 2>&1
npm install --no-audit --no-fund xlsx@0.18.5 >> npm.log 2>&1
cat > show.js <<'JS'
const X = require("xlsx");
const sheet = X.utils.aoa_to_sheet([["Course"], ["first"], ["hidden"], ["last"]]);
sheet["!rows"] = [{}, {}, { hidden: true }, {}];
const book = X.utils.book_new();
X.utils.book_append_sheet(book, sheet, "Courses");

const SEEN = { xlsx: true, xlsb: true, xlml: true, sylk: true, biff8: false, biff5: false, biff2: false, ods: false, fods: false };
let same = true;
for (const [type, expected] of Object.entries(SEEN)) {
  const written = X.write(book, { type: "buffer", bookType: type });
  const read = X.read(written, { cellStyles: true });
  const rows = read.Sheets[read.SheetNames[0]]["!rows"] || [];
  const hidden = Boolean(rows[2] && rows[2].hidden);
  console.log(`${type}: row 3 is ${hidden ? "hidden" : "an ordinary row"}`);
  same = same && hidden === expected;
}
// What is in the file itself, not what SheetJS reads of it: OpenDocument writes table:visibility.
const flat = X.write(book, { type: "string", bookType: "fods" });
console.log(`"visibility" stands in the .fods: ${flat.includes("visibility")}`);
process.exit(same && !flat.includes("visibility") ? 0 : 1);
JS
node show.js
