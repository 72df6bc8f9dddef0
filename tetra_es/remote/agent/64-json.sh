# JSON, which no tool reads that every server has: a program for awk.
#
# Globals: json_reader.

# Reads JSON, and compares it with $wanted: lines of a key, whose parts are separated by \037, two of these,
# and a value; a string begins with a quote. Says the first key that has another value.
# shellcheck disable=SC2016 # for awk
json_reader='
    { text = text $0 "\n" }
    END {
        at = 1
        read_value("", 0)
        blanks()
        if (at <= length(text)) exit 2
        count = split(ENVIRON["wanted"], rows, "\n")
        for (row = 1; row < count; row++) {
            end = index(rows[row], "\037\037")
            key = substr(rows[row], 1, end - 1)
            value = substr(rows[row], end + 2)
            if (("\037" key) in found && same(found["\037" key], value)) continue
            gsub("\037", ".", key)
            print key " in its JSON is not " (value ~ /^"/ ? value "\"" : value)
            exit 1
        }
    }
    function same(one, other) {
        if (one "" == other "") return 1
        return one ~ /^[-0-9]/ && other ~ /^[-0-9]/ && one + 0 == other + 0
    }
    function blanks() {
        while (index(" \t\r\n", sign = substr(text, at, 1)) && sign != "") at++
    }
    function read_value(path, depth,   number) {
        blanks()
        if (depth > 60) exit 2
        if (sign == "{") read_object(path, depth)
        else if (sign == "[") {
            at++
            blanks()
            if (sign == "]") { at++; return }
            for (number = 0; ; number++) {
                read_value(path "\037" number, depth + 1)
                blanks()
                at++
                if (sign == "]") return
                if (sign != ",") exit 2
            }
        } else if (sign == "\"") found[path] = "\"" read_string()
        else if (match(substr(text, at, 40), /^(true|false|null|-?[0-9][0-9.eE+-]*)/)) {
            found[path] = substr(text, at, RLENGTH)
            at += RLENGTH
        } else exit 2
    }
    function read_object(path, depth,   key) {
        at++
        blanks()
        if (sign == "}") { at++; return }
        for (;;) {
            blanks()
            if (sign != "\"") exit 2
            key = read_string()
            blanks()
            at++
            if (sign != ":") exit 2
            read_value(path "\037" key, depth + 1)
            blanks()
            at++
            if (sign == "}") return
            if (sign != ",") exit 2
        }
    }
    function read_string(   string, one) {
        for (at++; (one = substr(text, at, 1)) != "\""; at++) {
            if (one == "") exit 2
            if (one == "\\") {
                one = substr(text, ++at, 1)
                if (one == "u") {
                    one = unicode(hex(substr(text, at + 1, 4)))
                } else if (one == "n") one = "\n"
                else if (one == "t") one = "\t"
                else if (one == "r") one = "\r"
                else if (one == "b") one = "\b"
                else if (one == "f") one = "\f"
            }
            string = string one
        }
        at++
        return string
    }
    function hex(digits,   number, place) {
        for (place = 1; place <= 4; place++)
            number = number * 16 + index("0123456789abcdef", tolower(substr(digits, place, 1))) - 1
        return number
    }
    function unicode(number) {
        at += 4
        if (number >= 55296 && number < 56320 && substr(text, at + 1, 2) == "\\u") {
            number = 65536 + (number - 55296) * 1024 + hex(substr(text, at + 3, 4)) - 56320
            at += 6
        }
        if (number < 128) return sprintf("%c", number)
        if (number < 2048) return byte(192 + int(number / 64)) byte(128 + number % 64)
        if (number < 65536) return byte(224 + int(number / 4096)) rest(number)
        return byte(240 + int(number / 262144)) byte(128 + int(number / 4096) % 64) rest(number)
    }
    function rest(number) { return byte(128 + int(number / 64) % 64) byte(128 + number % 64) }
    function byte(number) { return sprintf("%c", number) }
'
