# The rows of CSV files as INSERT statements, one a line. POSIX awk, run under LC_ALL=C.
#
# In the environment: KW_HEAD what each statement begins with; KW_KINDS a letter for each column
# (n number, b boolean, x bytes, s anything else); KW_TAGS the numbers of the columns whose values,
# joined, may look like one device and are not; KW_TABLE and KW_ROWS for people; KW_DELIMITER,
# KW_QUOTE, KW_NULL and KW_HEADER how the files are written.

BEGIN {
    head = ENVIRON["KW_HEAD"]
    kinds = ENVIRON["KW_KINDS"]
    columns = length(kinds)
    for (i = 1; i <= columns; i++) kind[i] = substr(kinds, i, 1)
    tags = split(ENVIRON["KW_TAGS"], tag, " ")
    delimiter = ENVIRON["KW_DELIMITER"]
    quote = ENVIRON["KW_QUOTE"]
    null = ENVIRON["KW_NULL"]
    header = ENVIRON["KW_HEADER"]
    most_rows = 500
    most_characters = 524288
    for (i = 1; i < 128; i++) escape[sprintf("%c", i)] = sprintf("\\x%02x", i)
    escape["\n"] = "\\n"
    escape["\r"] = "\\r"
    escape["\t"] = "\\t"
    escape["\\"] = "\\\\"
    escape["'"] = "\\'"
    for (i = 32; i < 127; i++) {
        c = sprintf("%c", i)
        if (c != "\\" && c != "'") delete escape[c]
    }
    due = 50000
}

FNR == 1 {
    if (open) fail("a value in quotes is never closed before " FILENAME)
    skip = header
}

{
    # A record ends at a line end outside quotes.
    record = open ? record "\n" $0 : $0
    if (index($0, quote) && odd($0)) open = !open
    if (open) next
    if (skip) {
        skip = 0
        next
    }
    take(record)
}

END {
    if (failed) exit 1
    if (open) fail("a value in quotes is never closed")
    finish()
}

function odd(line) {
    return (split(line, parts, quote) - 1) % 2
}

function fail(words) {
    failed = 1
    print "restore.sh: " ENVIRON["KW_TABLE"] ", record " (done + 1) ": " words > "/dev/stderr"
    exit 1
}

function take(text,    found, i, row) {
    found = index(text, quote) ? parse(text) : plain(text)
    if (found != columns) fail("it has " found " values, the table " columns " columns")
    row = sql(1)
    for (i = 2; i <= columns; i++) row = row ", " sql(i)
    if (rows && (rows >= most_rows || characters + length(row) > most_characters)) finish()
    if (tags) keep_devices_apart()
    printf "%s(%s)", rows ? ", " : head, row
    rows++
    done++
    characters += length(row) + 4
}

function finish() {
    if (rows) print ";"
    rows = characters = 0
    split("", devices)
    if (done >= due) {
        print "SELECT '" doubled(ENVIRON["KW_TABLE"]) ": " done ENVIRON["KW_ROWS"] " rows' AS doing;"
        due = done + 50000
    }
}

# No statement holds two devices whose tags are joined to the same text.
function keep_devices_apart(    i, joined, apart, v) {
    joined = apart = ""
    for (i = 1; i <= tags; i++) {
        v = is_null[tag[i]] ? "" : value[tag[i]]
        joined = joined v
        apart = apart (is_null[tag[i]] ? "N" : "V" length(v) ":" v)
    }
    if (joined in devices && devices[joined] != apart) finish()
    devices[joined] = apart
}

# A record without quotes.
function plain(text,    found, i) {
    found = split(text, value, delimiter)
    if (found == 0) {
        # Of one column, and empty.
        found = 1
        value[1] = ""
    }
    for (i = 1; i <= found; i++) is_null[i] = (value[i] == null)
    return found
}

function parse(text,    found, at) {
    found = 0
    while (1) {
        found++
        if (substr(text, 1, 1) == quote) {
            text = substr(text, 2)
            value[found] = ""
            while (1) {
                at = index(text, quote)
                if (!at) fail("a value in quotes is never closed")
                value[found] = value[found] substr(text, 1, at - 1)
                text = substr(text, at + 1)
                if (substr(text, 1, 1) != quote) break
                value[found] = value[found] quote
                text = substr(text, 2)
            }
            is_null[found] = 0
            if (text == "") return found
            if (substr(text, 1, 1) != delimiter) fail("something stands behind a value in quotes")
            text = substr(text, 2)
        } else {
            at = index(text, delimiter)
            value[found] = at ? substr(text, 1, at - 1) : text
            if (index(value[found], quote)) fail("a quote stands inside a value without quotes")
            is_null[found] = (value[found] == null)
            if (!at) return found
            text = substr(text, at + 1)
        }
    }
}

function sql(i,    v) {
    if (is_null[i]) return "NULL"
    v = value[i]
    if (kind[i] == "n" && v ~ /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/) return v
    if (kind[i] == "b") {
        if (v == "true" || v == "t") return "true"
        if (v == "false" || v == "f") return "false"
    }
    if (kind[i] == "x" && v ~ /^\\x([0-9a-f][0-9a-f])+$/) return bytes(substr(v, 3))
    if (v ~ /[\001-\037\177]/) return "e'" escaped(v) "'"
    return "'" doubled(v) "'"
}

function bytes(digits,    out) {
    out = ""
    for (; digits != ""; digits = substr(digits, 3)) out = out "\\x" substr(digits, 1, 2)
    return "b'" out "'"
}

function escaped(v,    out, c, i, n) {
    out = ""
    n = length(v)
    for (i = 1; i <= n; i++) {
        c = substr(v, i, 1)
        out = out ((c in escape) ? escape[c] : c)
    }
    return out
}

function doubled(v) {
    gsub(/'/, "''", v)
    return v
}
