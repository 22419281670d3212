# Let Perl's modules write the list: perl write_perl.pl JOB.json FOLDER. Perl's integers have 64 bits.
use strict;
use warnings;
use JSON::PP;
use Module::Load;

my ($told, $folder) = @ARGV;
my $job = decode_json(do { local (@ARGV, $/) = $told; <> });
my @head = @{ $job->{headings} };
my $number = 0;

sub typed {
    my ($kind, $place, $row) = @_;
    my ($id, @rest) = @$row;
    return (undef, @rest) if $kind eq 'gap' && $place == $job->{gap};
    return (($kind eq 'text' || $kind eq 'hidden') ? "$id" : $kind eq 'float' ? $id * 1.0e0 + 0.0 : 0 + $id, @rest);
}

sub workbook {
    my ($module, $write) = @_;
    return sub {
        my ($kind, $path) = @_;
        load $module;
        my $book  = $module->new($path) or die "$!";
        my $sheet = $book->add_worksheet('Courses');
        my $line  = 0;
        for my $row (\@head, map { [ typed($kind, $_, $job->{rows}[$_]) ] } 0 .. $#{ $job->{rows} }) {
            $sheet->$write($line, $_, $row->[$_]) for grep { defined $row->[$_] } 0 .. $#$row;
            $line++;
        }
        if ($kind eq 'hidden') {
            $sheet->set_row($_ + 1, undef, undef, 1) for @{ $job->{hidden} };
            my $old = $book->add_worksheet('Old');
            $old->hide();
            $old->write_string($_, 0, ($head[0], @{ $job->{old} })[$_]) for 0 .. 2;
        }
        $book->close();
    };
}

sub csv {
    my ($module, %options) = @_;
    return sub {
        my ($kind, $path) = @_;
        load $module;
        my $csv = $module->new({ binary => 1, eol => "\n", %options }) or die 'no writer';
        open my $file, '>:encoding(UTF-8)', $path or die $!;
        $csv->print($file, $_) for \@head, map { [ typed($kind, $_, $job->{rows}[$_]) ] } 0 .. $#{ $job->{rows} };
        close $file;
    };
}

my @writers = (
    [ 'Spreadsheet::WriteExcel', 'write',        'xls',  workbook('Spreadsheet::WriteExcel', 'write'), 'hidden' ],
    [ 'Spreadsheet::WriteExcel', 'write_string', 'xls',  workbook('Spreadsheet::WriteExcel', 'write_string'), 'hidden' ],
    [ 'Excel::Writer::XLSX',     'write',        'xlsx', workbook('Excel::Writer::XLSX', 'write'), 'hidden' ],
    [ 'Excel::Writer::XLSX',     'write_string', 'xlsx', workbook('Excel::Writer::XLSX', 'write_string'), 'hidden' ],
    [ 'Text::CSV_XS',            'print',        'csv',  csv('Text::CSV_XS') ],
    [ 'Text::CSV_XS',            'print, quote_char => undef', 'csv', csv('Text::CSV_XS', quote_char => undef, escape_char => undef) ],
    [ 'Text::CSV_XS',            'print, sep_char => ";"', 'csv', csv('Text::CSV_XS', sep_char => ';', always_quote => 1) ],
    [ 'Text::CSV',               'print',        'csv',  csv('Text::CSV_PP') ],
);
for my $writer (@writers) {
    my ($module, $call, $ending, $write, @shapes) = @$writer;
    for my $kind (qw(text integer float gap), @shapes) {
        my $file = sprintf 'perl-%04d.%s', $number++, $ending;
        my $said = { program => $module, call => $call, kind => $kind, file => $file };
        eval { $write->($kind, "$folder/$file"); 1 } or @$said{qw(file error)} = ('', substr("$@", 0, 200));
        no strict 'refs';
        $said->{version} = '' . (${"${module}::VERSION"} // '');
        print encode_json($said), "\n";
    }
}
