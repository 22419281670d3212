"""What command-line programs make of the list: database clients, converters, text tools. Each that is missing is named."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.writers.job import HEADINGS, JOB

TIMEOUT = 180


def run(command, *, out=None, cwd=None, told=None, env=None):
    """Run a program; what it prints is the file."""
    done = subprocess.run(
        [str(part) for part in command],
        input=told,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).decode(errors="replace").strip()[-200:])
    if out is not None:
        out.write_bytes(done.stdout)
    return done.stdout.decode(errors="replace")


class Desk:
    """A folder of files and the manifest of what was written into it."""

    def __init__(self, folder):
        self.folder = folder
        self.told = []
        self.csv = folder / "source.csv"
        self.flat = folder / "source-flat.csv"
        self.json = folder / "source.json"
        _write_sources(self)

    def enter(self, program, version, call, kind, ending, make):
        """Let a program write one file and enter it."""
        path = self.folder / f"command-{len(self.told):04d}.{ending}"
        told = {"program": program, "version": version, "call": call, "kind": kind, "file": path.name}
        try:
            make(path)
            if not path.is_file():
                raise RuntimeError("it wrote no file")
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            told |= {"file": "", "error": str(error)[-200:]}
        self.told.append(told)
        return path


def _quoted(value):
    return '"' + value.replace('"', '""') + '"'


def _write_sources(desk):
    rows = [HEADINGS, *JOB["rows"]]
    desk.csv.write_text("".join(",".join(map(_quoted, row)) + "\n" for row in rows))
    flat = [[value.replace("\n", " ").replace(",", ";").replace('"', "'") for value in row] for row in rows]
    desk.flat.write_text("".join(",".join(row) + "\n" for row in flat))
    objects = [dict(zip(HEADINGS, row, strict=True)) for row in JOB["rows"]]
    numbers = [
        f'{{"Course ID": {row["Course ID"]}, "Course name": {json.dumps(row["Course name"])}}}' for row in objects
    ]
    desk.json.write_text(f'{{"text": {json.dumps(objects)}, "integer": [{",".join(numbers)}]}}')


def version_of(program, *flags):
    """Ask a program for its version; "" where it is not installed."""
    if not shutil.which(program):
        return ""
    done = subprocess.run([program, *flags], capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r"\d+(\.\d+)+", (done.stdout + done.stderr).replace("Ver 15.1 Distrib ", ""))
    return found[0] if found else "?"


def sql_of(kind):
    """Give the statements that make a table with ids of one type, for every database alike."""
    column = {"text": "VARCHAR(40)", "integer": "BIGINT", "float": "DOUBLE PRECISION", "decimal": "DECIMAL(20,0)"}[kind]
    quote = "'{}'" if kind == "text" else "{}"
    lines = [
        f'CREATE TABLE t ("Course ID" {column}, "Course name" VARCHAR(80), "Notify" VARCHAR(9), "Publish" VARCHAR(9), "Replaces" VARCHAR(40));'
    ]
    for row in JOB["rows"]:
        rest = ", ".join("'" + value.replace("'", "''") + "'" for value in row[1:])
        lines.append(f"INSERT INTO t VALUES ({quote.format(row[0])}, {rest});")
    return "\n".join(lines)


def write_sqlite(desk):
    """The sqlite3 shell, in every mode that prints a table."""
    version = version_of("sqlite3", "--version")
    modes = {"csv": "csv", "html": "html", "tabs": "tsv", "markdown": "md", "box": "txt", "table": "txt", "column": "txt", "list": "txt", "quote": "txt", "json": "json", "line": "txt", "ascii": "txt"}  # fmt: skip
    for mode, ending in modes.items():
        for kind in ("text", "integer", "float"):
            told = f"{sql_of(kind)}\n.headers on\n.mode {mode}\nSELECT * FROM t;\n".encode()
            desk.enter(
                "sqlite3",
                version,
                f".mode {mode}",
                kind,
                ending,
                lambda path, told=told: run(["sqlite3", ":memory:"], out=path, told=told),
            )
    printed = 'SELECT printf(\'%.0f\', "Course ID") AS "Course ID", "Course name" FROM t;'
    told = f"{sql_of('float')}\n.headers on\n.mode csv\n{printed}\n".encode()
    desk.enter(
        "sqlite3",
        version,
        "printf('%.0f')",
        "float",
        "csv",
        lambda path: run(["sqlite3", ":memory:"], out=path, told=told),
    )


def write_postgresql(desk):
    """A PostgreSQL of its own, and psql's formats."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        return desk.enter("psql", "", "--csv", "text", "csv", _missing)
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        shutil.chown(base, "postgres")
        base.chmod(0o755)
        as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        run([*as_user, found[-1] / "initdb", "-D", base / "d", "-A", "trust", "-E", "UTF8"])
        run(
            [
                *as_user,
                found[-1] / "pg_ctl",
                "-D",
                base / "d",
                "-o",
                f"-k {base} -c listen_addresses=",
                "-w",
                "-l",
                base / "log",
                "start",
            ]
        )
        try:
            psql = ["psql", "-h", base, "-U", "postgres", "-X", "-q"]
            version = version_of("psql", "--version")
            for kind in ("text", "integer", "float", "decimal"):
                run(psql, told=f"DROP TABLE IF EXISTS t;\n{sql_of(kind)}".encode())
                formats = {"--csv": "csv", "-H": "html", "-A": "txt", "-A -F,": "csv", "": "txt", "-P format=asciidoc": "txt", "-P format=latex": "tex", "-P format=wrapped": "txt", "-x": "txt"}  # fmt: skip
                for flags, ending in formats.items():
                    desk.enter(
                        "psql",
                        version,
                        flags or "aligned",
                        kind,
                        ending,
                        lambda path, flags=flags: run([*psql, *flags.split(), "-c", "SELECT * FROM t"], out=path),
                    )
                for options, ending in (("(FORMAT csv, HEADER)", "csv"), ("(FORMAT text)", "txt")):
                    desk.enter(
                        "psql",
                        version,
                        f"COPY … {options}",
                        kind,
                        ending,
                        lambda path, options=options: run([*psql, "-c", f"COPY t TO STDOUT {options}"], out=path),
                    )
        finally:
            run([*as_user, found[-1] / "pg_ctl", "-D", base / "d", "-m", "immediate", "stop"])
    return None


def write_mariadb(desk):
    """A MariaDB of its own, and its client's formats."""
    if not shutil.which("mariadbd"):
        return desk.enter("mariadb", "", "-B", "text", "tsv", _missing)
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        shutil.chown(base, "mysql")
        base.chmod(0o755)
        socket = base / "s"
        run(
            [
                "mariadb-install-db",
                "--no-defaults",
                f"--datadir={base}/d",
                "--user=mysql",
                "--auth-root-authentication-method=normal",
            ]
        )
        server = subprocess.Popen(["mariadbd", "--no-defaults", f"--datadir={base}/d", f"--socket={socket}", "--skip-networking", "--user=mysql", f"--pid-file={base}/p"], stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            client = ["mariadb", "--no-defaults", f"--socket={socket}", "-u", "root"]
            _wait(lambda: run([*client, "-e", "SELECT 1"]))
            version = version_of("mariadb", "--version")
            for kind in ("text", "integer", "float", "decimal"):
                run(
                    client,
                    told=f"SET sql_mode='ANSI_QUOTES'; CREATE OR REPLACE DATABASE c; USE c;\n{sql_of(kind)}".encode(),
                )
                for flag, ending in (("-B", "tsv"), ("-H", "html"), ("-X", "xml"), ("-t", "txt"), ("-E", "txt")):
                    desk.enter(
                        "mariadb",
                        version,
                        flag,
                        kind,
                        ending,
                        lambda path, flag=flag: run([*client, flag, "c", "-e", "SELECT * FROM t"], out=path),
                    )
        finally:
            server.terminate()
            server.wait(30)
    return None


def _wait(question):
    for _ in range(60):
        try:
            return question()
        except RuntimeError:
            time.sleep(0.5)
    raise RuntimeError("the server does not answer")


def _missing(_path):
    raise RuntimeError("not installed")


def write_tools(desk):
    """Tools that change one text format into another."""
    jq = version_of("jq", "--version")
    for kind in ("text", "integer"):
        columns = HEADINGS if kind == "text" else HEADINGS[:2]
        names = ", ".join(f'."{name}"' for name in columns)
        for form, ending in (("@csv", "csv"), ("@tsv", "tsv")):
            program = f"{json.dumps(columns)}, (.{kind}[] | [{names}]) | {form}"
            desk.enter(
                "jq",
                jq,
                form,
                kind,
                ending,
                lambda path, program=program: run(["jq", "-r", program, desk.json], out=path),
            )
    mlr = version_of("mlr", "--version")
    for flag, ending in (
        ("--ocsv", "csv"),
        ("--otsv", "tsv"),
        ("--omd", "md"),
        ("--oxtab", "txt"),
        ("--ojson", "json"),
        ("--opprint", "txt"),
        ("--opprint --barred", "txt"),
    ):
        desk.enter(
            "miller",
            mlr,
            flag,
            "text",
            ending,
            lambda path, flag=flag: run(["mlr", "--icsv", *flag.split(), "cat", desk.csv], out=path),
        )
    desk.enter(
        "miller",
        mlr,
        "--ocsv put '$id = $id + 0'",
        "text",
        "csv",
        lambda path: run(["mlr", "--csv", "put", "${Course ID} = ${Course ID} + 0", desk.csv], out=path),
    )
    desk.enter(
        "miller",
        mlr,
        "--ocsv put '$id = $id * 1.0'",
        "text",
        "csv",
        lambda path: run(["mlr", "--csv", "put", "${Course ID} = ${Course ID} * 1.0", desk.csv], out=path),
    )
    pandoc = version_of("pandoc", "--version")
    for form, ending in (
        ("html", "html"),
        ("markdown", "md"),
        ("gfm", "md"),
        ("rst", "rst"),
        ("org", "org"),
        ("mediawiki", "txt"),
        ("jira", "txt"),
        ("latex", "tex"),
        ("asciidoc", "txt"),
        ("textile", "txt"),
        ("dokuwiki", "txt"),
        ("muse", "txt"),
        ("plain", "txt"),
        ("docx", "docx"),
        ("odt", "odt"),
        ("rtf", "rtf"),
        ("ms", "ms"),
        ("haddock", "txt"),
        ("zimwiki", "txt"),
        ("xwiki", "txt"),
        ("texinfo", "texi"),
        ("docbook", "xml"),
        ("jats", "xml"),
        ("icml", "xml"),
        ("context", "tex"),
        ("native", "txt"),
    ):
        desk.enter(
            "pandoc",
            pandoc,
            f"csv to {form}",
            "text",
            ending,
            lambda path, form=form: run(["pandoc", "-f", "csv", "-t", form, "-s", "-o", path, desk.csv]),
        )
    awk = version_of("awk", "-W", "version")
    desk.enter(
        "awk",
        awk,
        "print $1 + 0",
        "text",
        "csv",
        lambda path: run(["awk", "-F,", 'NR == 1 {print; next} {OFS = ","; $1 = $1 + 0; print}', desk.flat], out=path),
    )
    desk.enter(
        "awk",
        awk,
        'printf "%d"',
        "text",
        "csv",
        lambda path: run(
            ["awk", "-F,", 'NR == 1 {print; next} {OFS = ","; $1 = sprintf("%d", $1); print}', desk.flat], out=path
        ),
    )
    datamash = version_of("datamash", "--version")
    desk.enter(
        "datamash",
        datamash,
        "groupby first",
        "text",
        "csv",
        lambda path: run(
            ["datamash", "-t,", "-sH", "groupby", "1", "first", "2"], told=desk.flat.read_bytes(), out=path
        ),
    )
    desk.enter(
        "datamash",
        datamash,
        "max",
        "text",
        "csv",
        lambda path: run(["datamash", "-t,", "-sH", "groupby", "2", "max", "1"], told=desk.flat.read_bytes(), out=path),
    )
    vd = version_of("vd", "--version")
    for ending in ("csv", "tsv", "html", "md", "json", "jira", "usv", "fixed"):
        desk.enter(
            "visidata",
            vd,
            f"-o {ending}",
            "text",
            ending,
            lambda path: run(
                ["vd", "-b", "--config", "/dev/null", desk.csv, "-o", path],
                env={"TERM": "dumb", "HOME": str(desk.folder)},
            ),
        )
    tcl = "packages csv; " if shutil.which("tclsh") else ""
    script = "package require csv; set o [open [lindex $argv 1] w]; foreach l [split [read [open [lindex $argv 0]]] \\n] {puts $o [csv::join [csv::split $l]]}; close $o"
    desk.enter("Tcl csv", "8.6" if tcl else "", "csv::join", "text", "csv", lambda path: _tcl(desk, script, path))
    octave = version_of("octave", "--version")
    ids = [row[0] for row in JOB["rows"] if row[3] != "no"]
    for kind, cast in (("float", "double"), ("integer", "int64")):
        matrix = ";".join(f"{cast}({one})" for one in ids)
        program = f"f = fopen('{{}}', 'w'); fputs(f, \"Course ID\\n\"); fclose(f); dlmwrite('{{}}', [{matrix}], '-append', 'precision', '%d')"
        desk.enter(
            "Octave",
            octave,
            "dlmwrite",
            kind,
            "csv",
            lambda path, program=program: run(["octave", "--no-gui", "-q", "--eval", program.format(path, path)]),
        )


def _tcl(desk, script, path):
    program = desk.folder / "csv.tcl"
    program.write_text(script.replace("; ", "\n"))
    run(["tclsh", program, desk.flat, path])


LIBREOFFICE = {"xlsx": "xlsx", "xls": "xls", "ods": "ods", "fods": "fods", "csv": "csv:Text - txt - csv (StarCalc):44,34,76,1", "csv as shown": "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true", "html": "html", "xml": "xml:MS Excel 2003 XML", "dif": "dif", "slk": "slk", "xlsm": "xlsm", "dbf": "dbf", "pdf": "pdf"}  # fmt: skip
GNUMERIC = {"Gnumeric_Excel:xlsx": "xlsx", "Gnumeric_Excel:xlsx2": "xlsx", "Gnumeric_Excel:excel_biff8": "xls", "Gnumeric_Excel:excel_biff7": "xls", "Gnumeric_Excel:excel_dsf": "xls", "Gnumeric_OpenCalc:odf": "ods", "Gnumeric_OpenCalc:openoffice": "ods", "Gnumeric_stf:stf_csv": "csv", "Gnumeric_stf:stf_assistant": "txt", "Gnumeric_html:html40": "html", "Gnumeric_html:html32": "html", "Gnumeric_html:xhtml": "html", "Gnumeric_html:html40frag": "html", "Gnumeric_html:latex_table": "tex", "Gnumeric_html:roff": "ms", "Gnumeric_XmlIO:sax": "gnumeric", "Gnumeric_dif:dif": "dif", "Gnumeric_sylk:sylk": "slk", "Gnumeric_lpsolve:lpsolve": "lp"}  # fmt: skip


def write_round_trips(desk, sources):
    """LibreOffice and Gnumeric: every export, from a workbook of text ids, of numbers, of hidden rows, and from CSV."""
    office = version_of("soffice", "--version")
    gnumeric = version_of("ssconvert", "--version")
    profile = (desk.folder / "profile").absolute().as_uri()
    for label, source, kind in sources:
        for name, target in LIBREOFFICE.items():

            def convert(path, source=source, target=target):
                with tempfile.TemporaryDirectory() as made:
                    run(
                        [
                            "soffice",
                            f"-env:UserInstallation={profile}",
                            "--headless",
                            "--convert-to",
                            target,
                            "--outdir",
                            made,
                            source,
                        ]
                    )
                    found = list(Path(made).iterdir())
                    if not found:
                        raise RuntimeError("it wrote no file")
                    shutil.move(found[0], path)

            desk.enter("LibreOffice", office, f"{label} to {name}", kind, target.partition(":")[0], convert)
        for name, ending in GNUMERIC.items():
            call = f"{label} to {name.partition(':')[2]}"
            desk.enter(
                "Gnumeric",
                gnumeric,
                call,
                kind,
                ending,
                lambda path, source=source, name=name: run(["ssconvert", "-T", name, source, path]),
            )
