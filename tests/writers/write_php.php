<?php
// Let PHP write the list as exporters do that need no library: php write_php.php JOB.json FOLDER. Its integers have 64 bits.
[$_self, $told, $folder] = $argv;
$job = json_decode(file_get_contents($told), true);
$head = $job['headings'];

function typed(string $kind): array
{
    global $job;
    $rows = [];
    foreach ($job['rows'] as $place => $row) {
        $row[0] = match (true) {
            $kind === 'gap' && $place === $job['gap'] => null,
            $kind === 'text' => $row[0],
            $kind === 'float' => (float) $row[0],
            default => (int) $row[0],
        };
        $rows[] = $row;
    }
    return $rows;
}

/** The records of Excel 2 to 5 that snippets in forums write: no workbook around them. */
function biff(array $rows): string
{
    $out = pack('ssssss', 0x809, 8, 0, 0x10, 0, 0);
    foreach ($rows as $line => $row) {
        foreach ($row as $column => $value) {
            $out .= is_int($value) || is_float($value)
                ? pack('sssss', 0x203, 14, $line, $column, 0) . pack('d', $value)
                : pack('ssssss', 0x204, 8 + strlen((string) $value), $line, $column, 0, strlen((string) $value)) . $value;
        }
    }
    return $out . pack('ss', 0x0A, 0);
}

function html(array $rows): string
{
    $out = '<table border="1">';
    foreach ($rows as $row) {
        $out .= '<tr><td>' . implode('</td><td>', array_map(fn ($one) => htmlspecialchars((string) $one), $row)) . "</td></tr>\n";
    }
    return $out . '</table>';
}

$put = fn (string $separator, string $escape = '\\') => function (array $rows, string $path) use ($separator, $escape): void {
    $file = fopen($path, 'w');
    foreach ($rows as $row) {
        fputcsv($file, $row, $separator, '"', $escape);
    }
};
$writers = [
    ['fputcsv', 'csv', $put(',')],
    ['fputcsv(";")', 'csv', $put(';', '')],
    ['implode("\t")', 'xls', fn ($rows, $path) => file_put_contents($path, implode("\n", array_map(fn ($row) => implode("\t", str_replace("\n", ' ', array_map('strval', $row))), $rows)))],
    ['echo table', 'xls', fn ($rows, $path) => file_put_contents($path, html($rows))],
    ['echo table after a notice', 'xls', fn ($rows, $path) => file_put_contents($path, "<br />\n<b>Notice</b>: Undefined index: x in <b>export.php</b> on line <b>7</b><br />\n" . html($rows))],
    ['pack BIFF', 'xls', fn ($rows, $path) => file_put_contents($path, biff($rows))],
    ['json_encode', 'json', fn ($rows, $path) => file_put_contents($path, json_encode($rows))],
    ['DOMDocument', 'html', function ($rows, $path) {
        $page = new DOMDocument();
        $page->loadHTML('<?xml encoding="UTF-8">' . html($rows));
        $page->saveHTMLFile($path);
    }],
];
$number = 0;
foreach ($writers as [$call, $ending, $write]) {
    foreach (['text', 'integer', 'float', 'gap'] as $kind) {
        $file = sprintf('php-%04d.%s', $number++, $ending);
        $write([$head, ...typed($kind)], "$folder/$file");
        echo json_encode(['program' => 'PHP', 'version' => PHP_VERSION, 'call' => $call, 'kind' => $kind, 'file' => $file]), "\n";
    }
}
