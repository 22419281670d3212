# Let Ruby write the list: ruby write_ruby.rb JOB.json FOLDER. Its integers have no end.
require "csv"
require "json"
require "spreadsheet"

JOB = JSON.parse(File.read(ARGV[0]))
FOLDER = ARGV[1]

def typed(kind)
  JOB["rows"].each_with_index.map do |(id, *rest), place|
    id = nil if kind == "gap" && place == JOB["gap"]
    id = id.to_i if id && %w[integer gap].include?(kind)
    id = id.to_f if kind == "float"
    [id, *rest]
  end
end

def workbook(rows, path, kind)
  book = Spreadsheet::Workbook.new
  sheet = book.create_worksheet(name: "Courses")
  [JOB["headings"], *rows].each_with_index { |row, place| sheet.row(place).concat(row) }
  if kind == "hidden"
    JOB["hidden"].each { |place| sheet.row(place + 1).hidden = true }
    old = book.create_worksheet(name: "Old")
    old.visibility = :hidden
    [JOB["headings"][0], *JOB["old"]].each_with_index { |one, place| old.row(place).push(one) }
  end
  book.write(path)
end

writers = [
  ["csv", CSV::VERSION, "CSV.open", "csv", [], ->(rows, path, _) { CSV.open(path, "w") { |out| [JOB["headings"], *rows].each { |row| out << row } } }],
  ["csv", CSV::VERSION, "converters: :numeric", "csv", [], lambda { |rows, path, _|
    told = CSV.generate { |out| [JOB["headings"], *rows].each { |row| out << row } }
    File.write(path, CSV.parse(told, converters: :numeric).map(&:to_csv).join)
  }],
  ["spreadsheet", Spreadsheet::VERSION, "write", "xls", ["hidden"], ->(rows, path, kind) { workbook(rows, path, kind) }],
]
number = 0
writers.each do |program, version, call, ending, shapes, write|
  (%w[text integer float gap] + shapes).each do |kind|
    file = format("ruby-%04d.%s", number, ending)
    number += 1
    told = { program: "Ruby #{program}", version: version, call: call, kind: kind, file: file }
    begin
      write.call(typed(kind), File.join(FOLDER, file), kind)
    rescue StandardError => e
      told.update(file: "", error: "#{e.class}: #{e.message}"[0, 200])
    end
    puts told.to_json
  end
end
