# The names of the variables that an env file sets. Their values stay on the server, and no line of a
# value may pass for a name: neither inside of quotes, nor after a backslash, nor one of base64, whose
# last line can look like an empty variable. Where the text is not what shells and systemd read alike,
# names that are followed by nothing are left out.
#
# Globals: names_of.

# shellcheck disable=SC2016 # for awk
names_of='
# The text of a line after its name, or nothing where it sets no variable.
function value_in(line) {
    if (line !~ /^[ \t]*(export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*[ \t]*=/) return ""
    return substr(line, index(line, "="))
}
function name_in(line) {
    sub(/^[ \t]*/, "", line)
    sub(/^export[ \t]+/, "", line)
    match(line, /^[A-Za-z_][A-Za-z0-9_]*/)
    return substr(line, 1, RLENGTH)
}
function ends(text, quote, at, char) {
    for (at = 1; at <= length(text); at++) {
        char = substr(text, at, 1)
        if (char == quote) return 1
        if (char == "\\" && quote == "\"") at++
    }
    return 0
}
function goes_on(line) {
    match(line, /\\*$/)
    return RLENGTH % 2
}
{
    sub(/\r$/, "")
    if (NR == 1) sub(/^\357\273\277/, "")
    value = value_in($0)
    is_empty = value ~ /^=*[ \t]*$/
    if (value != "" && !is_empty && open != "\\") loose[++loosely] = name_in($0)
}
open == "\\" { if (!goes_on($0)) open = ""; next }
open != "" { if (ends($0, open)) open = ""; next }
/^[ \t]*([#;].*)?$/ { next }
value == "" { odd = 1; if (goes_on($0)) open = "\\"; next }
{
    found[++count] = name_in($0)
    empty[count] = is_empty
    sub(/^=[ \t]*/, "", value)
    first = substr(value, 1, 1)
    if ((first == "\"" || first == "\047") && !ends(substr(value, 2), first)) open = first
    else if (goes_on(value)) open = "\\"
}
END {
    if (open == "\"" || open == "\047") {
        for (at = 1; at <= loosely; at++) tell(loose[at])
    } else {
        for (at = 1; at <= count; at++) if (!odd || !empty[at]) tell(found[at])
    }
}
function tell(name) {
    if (length(name) > 64 || name in told) return
    told[name] = 1
    printf " %s", name
}
'

say_names() {
    decode "$1"
    if [ ! -f "$decoded" ] || [ "$(stat -L -c %s "$decoded")" -gt 1048576 ]; then
        return
    fi
    say "names $1$(awk "$names_of" <"$decoded" 2>/dev/null)"
}
