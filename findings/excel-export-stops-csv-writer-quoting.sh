#!/bin/sh
# Guess, written down before running: csv-writer puts a value with a comma into quotation marks, whatever else is loaded.
#
# Seen (csv-writer 1.6.0, excel-export 0.5.1 with collections 3.0.0, Node 20): after require("excel-export") it quotes nothing
# any more, so "x, y" becomes two fields. collections puts an Array.from of its own in the place of the language's, without the
# mapping function that csv-writer hands to it as the second argument; no error is raised.
#
# Exits 1 when that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" \
  csv-writer@1.6.0 excel-export@0.5.1 collections@3.0.0
cat > try.js <<'JS'
const { createArrayCsvStringifier } = require("csv-writer");
const write = () => createArrayCsvStringifier({ header: ["a", "b"] }).stringifyRecords([["x, y", "z"]]);
const before = [write(), JSON.stringify(Array.from([1], (one) => one + 1))];
require("excel-export");
const after = [write(), JSON.stringify(Array.from([1], (one) => one + 1))];
console.log(`before: ${JSON.stringify(before)}, after require("excel-export"): ${JSON.stringify(after)}`);
process.exit(before[0] === '"x, y",z\n' && after[0] === "x, y,z\n" && after[1] === "[1]" ? 0 : 1);
JS
node try.js
