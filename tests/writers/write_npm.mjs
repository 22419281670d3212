// Let packages of npm write the list: `node write_npm.mjs JOB.json FOLDER`, in a folder whose node_modules has them.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { finished } from "node:stream/promises";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "index.js"));
const [job, folder] = [JSON.parse(readFileSync(process.argv[2])), process.argv[3]];
const { headings: HEAD, rows: ROWS } = job;
const WRITERS = [];
const ALL = ["text", "integer", "float", "gap"]; // integer is a BigInt, float a Number: what JSON.parse makes of an id

const writer = (name, call, ending, write, kinds = ALL, shapes = []) =>
  WRITERS.push({ name, call, ending, write, kinds: [...kinds, ...shapes] });

function typed(kind) {
  const convert = { integer: BigInt, float: Number, gap: Number }[kind] ?? String;
  return ROWS.map(([id, ...rest], place) => [kind === "gap" && place === job.gap ? null : convert(id), ...rest]);
}
const objects = (rows) => rows.map((row) => Object.fromEntries(HEAD.map((name, place) => [name, row[place]])));
const old = () => [HEAD, ...job.old.map((id) => [id, "old", "", "", ""])];
const inside = (place) => place >= job.merged[0] && place <= job.merged[1];

for (const package_ of ["xlsx", "xlsx-js-style"]) {
  const types = {
    xlsx: "xlsx", xlsm: "xlsm", xlsb: "xlsb", biff8: "xls", biff5: "xls", biff2: "xls", xlml: "xml", ods: "ods", fods: "fods",
    csv: "csv", txt: "txt", sylk: "slk", html: "html", dif: "dif", rtf: "rtf", prn: "prn", eth: "eth", dbf: "dbf",
  };
  for (const [bookType, ending] of Object.entries(package_ === "xlsx" ? types : { xlsx: "xlsx" })) {
    const shapes = ["xlsx", "xlsb", "biff8", "xlml", "ods", "html", "csv"].includes(bookType) ? ["hidden", "merged", "formula"] : [];
    writer(package_, `writeFile ${bookType}`, ending, (rows, path, kind) => {
      const XLSX = require(package_);
      const sheet = XLSX.utils.aoa_to_sheet([HEAD, ...rows]);
      const book = XLSX.utils.book_new();
      XLSX.utils.book_append_sheet(book, sheet, "Courses");
      if (kind === "hidden") {
        sheet["!rows"] = [];
        for (const place of job.hidden) sheet["!rows"][place + 1] = { hidden: true };
        XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet(old()), "Old");
        book.Workbook = { Sheets: [{ Hidden: 0 }, { Hidden: 1 }] };
      }
      if (kind === "merged") sheet["!merges"] = [{ s: { r: job.merged[0] + 1, c: 0 }, e: { r: job.merged[1] + 1, c: 0 } }];
      if (kind === "formula")
        rows.forEach(([id], place) => {
          sheet[`A${place + 2}`] = { t: "s", v: id, f: `CONCATENATE("${id.slice(0, 9)}","${id.slice(9)}")` };
        });
      XLSX.writeFile(book, path, { bookType });
    }, ALL, shapes);
  }
}
writer("xlsx", "read csv, then writeFile xlsx", "xlsx", (rows, path) => {
  const XLSX = require("xlsx");
  const told = [HEAD, ...rows].map((row) => row.map((one) => JSON.stringify(String(one).replaceAll('"', "'"))).join(",")).join("\n");
  XLSX.writeFile(XLSX.read(told, { type: "string" }), path);
}, ["text"]);
writer("xlsx", "read csv, then sheet_to_csv", "csv", (rows, path) => {
  const XLSX = require("xlsx");
  const told = [HEAD, ...rows].map((row) => row.map((one) => JSON.stringify(String(one).replaceAll('"', "'"))).join(",")).join("\n");
  writeFileSync(path, XLSX.utils.sheet_to_csv(XLSX.read(told, { type: "string" }).Sheets.Sheet1));
}, ["text"]);

for (const ending of ["xlsx", "csv"])
  writer("exceljs", `${ending}.writeFile`, ending, async (rows, path, kind) => {
    const ExcelJS = require("exceljs");
    const book = new ExcelJS.Workbook();
    const sheet = book.addWorksheet("Courses");
    [HEAD, ...rows].forEach((row) => sheet.addRow(row));
    if (kind === "hidden") {
      const other = book.addWorksheet("Old", { state: "hidden" });
      old().forEach((row) => other.addRow(row));
      for (const place of job.hidden) sheet.getRow(place + 2).hidden = true;
    }
    if (kind === "filter") {
      sheet.autoFilter = "A1:E13";
      for (const place of job.filter) sheet.getRow(place + 2).hidden = true;
    }
    if (kind === "merged") sheet.mergeCells(job.merged[0] + 2, 1, job.merged[1] + 2, 1);
    if (kind === "formula")
      rows.forEach(([id], place) => {
        sheet.getCell(`A${place + 2}`).value = { formula: `CONCATENATE("${id.slice(0, 9)}","${id.slice(9)}")`, result: id };
      });
    await book[ending].writeFile(path);
  }, ALL, ["hidden", "filter", "merged", "formula"]);

writer("xlsx-populate", "toFileAsync", "xlsx", async (rows, path, kind) => {
  const book = await require("xlsx-populate").fromBlankAsync();
  const sheet = book.sheet(0);
  sheet.cell("A1").value([HEAD, ...rows.map((row) => row.map((one) => one ?? undefined))]);
  if (kind === "hidden") for (const place of job.hidden) sheet.row(place + 2).hidden(true);
  if (kind === "merged") sheet.range(job.merged[0] + 2, 1, job.merged[1] + 2, 1).merged(true);
  if (kind === "formula")
    rows.forEach(([id], place) => sheet.cell(place + 2, 1).formula(`CONCATENATE("${id.slice(0, 9)}","${id.slice(9)}")`));
  await book.toFileAsync(path);
}, ALL, ["hidden", "merged", "formula"]);

writer("excel4node", "Workbook", "xlsx", async (rows, path, kind) => {
  const xl = require("excel4node");
  const book = new xl.Workbook();
  const sheet = book.addWorksheet("Courses");
  [HEAD, ...rows].forEach((row, line) =>
    row.forEach((one, column) => {
      const cell = sheet.cell(line + 1, column + 1);
      if (typeof one === "string") cell.string(one);
      else if (one !== null) cell.number(one);
    }));
  if (kind === "hidden") for (const place of job.hidden) sheet.row(place + 2).hide();
  writeFileSync(path, await book.writeToBuffer());
}, ALL, ["hidden"]);

writer("better-xlsx", "saveAs", "xlsx", async (rows, path) => {
  const { File } = require("better-xlsx");
  const book = new File();
  const sheet = book.addSheet("Courses");
  for (const row of [HEAD, ...rows]) {
    const line = sheet.addRow();
    for (const one of row) line.addCell().value = one;
  }
  await finished(book.saveAs().pipe(createWriteStream(path)));
});
writer("json-as-xlsx", "xlsx", "xlsx", (rows, path) => {
  const columns = HEAD.map((name) => ({ label: name, value: name }));
  const made = require("json-as-xlsx")([{ sheet: "Courses", columns, content: objects(rows) }], { writeOptions: { type: "buffer" } });
  writeFileSync(path, made);
});
writer("excel-export", "execute", "xlsx", (rows, path, kind) => {
  const type = kind === "text" ? "string" : "number";
  const cols = HEAD.map((caption, place) => ({ caption, type: place ? "string" : type }));
  writeFileSync(path, require("excel-export").execute({ cols, rows }), "binary");
});
writer("excel-builder-vanilla", "createExcelFile", "xlsx", async (rows, path) => {
  const { createWorkbook, createExcelFile } = require("excel-builder-vanilla");
  const book = createWorkbook();
  const sheet = book.createWorksheet({ name: "Courses" });
  sheet.setData([HEAD, ...rows]);
  book.addWorksheet(sheet);
  writeFileSync(path, Buffer.from(await (await createExcelFile(book, "Blob")).arrayBuffer()));
});

const csv = (name, call, make) =>
  writer(name, call, "csv", async (rows, path) => writeFileSync(path, String(await make(rows, path) ?? readFileSync(path))));
csv("papaparse", "unparse", (rows) => require("papaparse").unparse({ fields: HEAD, data: rows }));
csv("papaparse", "parse(dynamicTyping), unparse", (rows) => {
  const Papa = require("papaparse");
  return Papa.unparse(Papa.parse(Papa.unparse({ fields: HEAD, data: rows }), { header: true, dynamicTyping: true }).data);
});
csv("csv-stringify", "stringify", (rows) => require("csv-stringify/sync").stringify([HEAD, ...rows]));
csv("fast-csv", "writeToString", (rows) => require("fast-csv").writeToString([HEAD, ...rows]));
csv("json2csv", "parse", (rows) => require("json2csv").parse(objects(rows), { fields: HEAD }));
csv("json-2-csv", "json2csv", (rows) => require("json-2-csv").json2csv(objects(rows)));
csv("d3-dsv", "csvFormatRows", async (rows) => (await import(join(process.cwd(), "node_modules/d3-dsv/dist/d3-dsv.mjs"))).csvFormatRows([HEAD, ...rows]));
csv("d3-dsv", "csvParse(autoType), csvFormat", async (rows) => {
  const d3 = await import(join(process.cwd(), "node_modules/d3-dsv/dist/d3-dsv.mjs"));
  return d3.csvFormat(d3.csvParse(d3.csvFormatRows([HEAD, ...rows]), d3.autoType));
});
csv("export-to-csv", "generateCsv", (rows) => {
  const { mkConfig, generateCsv, asString } = require("export-to-csv");
  return asString(generateCsv(mkConfig({ columnHeaders: HEAD }))(objects(rows)));
});
csv("jsonexport", "jsonexport", (rows) => require("jsonexport")(objects(rows)));
csv("csv-string", "stringify", (rows) => require("csv-string").stringify([HEAD, ...rows]));
csv("csv-writer", "createArrayCsvWriter", async (rows, path) => {
  await require("csv-writer").createArrayCsvWriter({ header: HEAD, path }).writeRecords(rows);
});
csv("objects-to-csv", "toString", (rows) => new (require("objects-to-csv"))(objects(rows)).toString());
csv("node", "JSON.parse, join", (rows) => {
  const told = JSON.parse(`[${rows.map(([id]) => id ?? "null")}]`);
  return ["Course ID", ...told].join("\n");
});

// A process for each package: some change what others are built on (excel-export's shims stop csv-writer from quoting).
const wanted = process.argv[4];
if (!wanted)
  for (const name of new Set(WRITERS.map((one) => one.name)))
    spawnSync(process.execPath, [process.argv[1], process.argv[2], folder, name], { stdio: "inherit", timeout: 120000 });

let number = 0;
for (const { name, call, ending, write, kinds } of WRITERS.filter((one) => one.name === wanted))
  for (const kind of kinds) {
    const path = `${folder}/npm-${name}-${number++}.${ending}`;
    const version = name === "node" ? process.versions.node : JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
    const told = { program: name, version, call, kind, file: path.slice(folder.length + 1) };
    try {
      await write(typed(kind), path, kind);
      readFileSync(path);
    } catch (error) {
      Object.assign(told, { file: "", error: `${error.name}: ${error.message}`.slice(0, 200) });
    }
    process.stdout.write(JSON.stringify(told) + "\n");
  }
