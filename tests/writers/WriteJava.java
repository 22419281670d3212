// Let Java's libraries write the list: java -cp … WriteJava.java JOB.tsv FOLDER. A cell of Apache POI takes a double, never a long.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;

public class WriteJava {
    interface Writer { void write(List<Object[]> rows, Path path, String kind) throws Exception; }
    static final int GAP = 4;
    static final Set<Integer> HIDDEN = Set.of(3, 5);
    static int number = 0;

    static List<Object[]> typed(String[] lines, String kind) {
        List<Object[]> rows = new ArrayList<>();
        for (int place = 0; place < lines.length; place++) {
            Object[] row = Arrays.copyOf(lines[place].split("\t", -1), 5, Object[].class);
            if (place > 0 && !kind.equals("text") && !kind.equals("hidden")) {
                long id = Long.parseLong((String) row[0]);
                row[0] = kind.equals("gap") && place == GAP + 1 ? null : kind.equals("float") ? (Object) (double) id : (Object) id;
            }
            rows.add(row);
        }
        return rows;
    }

    static void poi(org.apache.poi.ss.usermodel.Workbook book, List<Object[]> rows, Path path, String kind) throws Exception {
        var sheet = book.createSheet("Courses");
        for (int line = 0; line < rows.size(); line++) {
            var made = sheet.createRow(line);
            for (int column = 0; column < rows.get(line).length; column++) {
                Object value = rows.get(line)[column];
                if (value instanceof Number) made.createCell(column).setCellValue(((Number) value).doubleValue());
                else if (value != null) made.createCell(column).setCellValue((String) value);
            }
            if (kind.equals("hidden") && HIDDEN.contains(line)) made.setZeroHeight(true);
        }
        if (kind.equals("hidden")) {
            var old = book.createSheet("Old");
            old.createRow(0).createCell(0).setCellValue("Course ID");
            old.createRow(1).createCell(0).setCellValue("478346000077333415");
            book.setSheetHidden(1, true);
        }
        try (OutputStream out = Files.newOutputStream(path)) { book.write(out); }
    }

    static void jxl(List<Object[]> rows, Path path, String kind) throws Exception {
        var book = jxl.Workbook.createWorkbook(path.toFile());
        var sheet = book.createSheet("Courses", 0);
        for (int line = 0; line < rows.size(); line++)
            for (int column = 0; column < rows.get(line).length; column++) {
                Object value = rows.get(line)[column];
                if (value instanceof Number) sheet.addCell(new jxl.write.Number(column, line, ((Number) value).doubleValue()));
                else if (value != null) sheet.addCell(new jxl.write.Label(column, line, (String) value));
            }
        if (kind.equals("hidden"))
            for (int line : HIDDEN) { var view = new jxl.CellView(); view.setHidden(true); sheet.setRowView(line, view); }
        book.write();
        book.close();
    }

    static String[] texts(Object[] row) { return Arrays.stream(row).map(one -> one == null ? null : String.valueOf(one)).toArray(String[]::new); }

    static void run(String program, String version, String call, String ending, String[] lines, Path folder, Writer writer, boolean shapes) {
        for (String kind : shapes ? List.of("text", "integer", "float", "gap", "hidden") : List.of("text", "integer", "float", "gap")) {
            String file = String.format("java-%04d.%s", number++, ending), error = "";
            try { writer.write(typed(lines, kind), folder.resolve(file), kind); }
            catch (Throwable caught) { error = caught.toString().replaceAll("[\"\\\\\\n]", " "); }
            System.out.printf("{\"program\": \"%s\", \"version\": \"%s\", \"call\": \"%s\", \"kind\": \"%s\", \"file\": \"%s\", \"error\": \"%s\"}%n",
                program, version, call, kind, error.isEmpty() ? file : "", error.substring(0, Math.min(error.length(), 150)));
        }
    }

    public static void main(String[] told) throws Exception {
        String[] lines = Files.readString(Path.of(told[0])).strip().split("\n");
        Path folder = Path.of(told[1]);
        String poi = org.apache.poi.Version.getVersion();
        run("Apache POI", poi, "HSSFWorkbook", "xls", lines, folder, (r, p, k) -> poi(new org.apache.poi.hssf.usermodel.HSSFWorkbook(), r, p, k), true);
        run("Apache POI", poi, "XSSFWorkbook", "xlsx", lines, folder, (r, p, k) -> poi(new org.apache.poi.xssf.usermodel.XSSFWorkbook(), r, p, k), true);
        run("Apache POI", poi, "SXSSFWorkbook", "xlsx", lines, folder, (r, p, k) -> poi(new org.apache.poi.xssf.streaming.SXSSFWorkbook(), r, p, k), true);
        run("JExcelApi", jxl.Workbook.getVersion(), "WritableWorkbook", "xls", lines, folder, WriteJava::jxl, true);
        run("opencsv", "5.2", "CSVWriter", "csv", lines, folder, (r, p, k) -> {
            try (var out = new com.opencsv.CSVWriter(Files.newBufferedWriter(p))) { for (Object[] row : r) out.writeNext(texts(row)); } }, false);
        run("Commons CSV", "1.9.0", "CSVPrinter EXCEL", "csv", lines, folder, (r, p, k) -> {
            try (var out = new org.apache.commons.csv.CSVPrinter(Files.newBufferedWriter(p), org.apache.commons.csv.CSVFormat.EXCEL)) { for (Object[] row : r) out.printRecord(row); } }, false);
        run("Commons CSV", "1.9.0", "CSVPrinter MYSQL", "txt", lines, folder, (r, p, k) -> {
            try (var out = new org.apache.commons.csv.CSVPrinter(Files.newBufferedWriter(p), org.apache.commons.csv.CSVFormat.MYSQL)) { for (Object[] row : r) out.printRecord(row); } }, false);
    }
}
