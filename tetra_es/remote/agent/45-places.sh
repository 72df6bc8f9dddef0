# Writing below folders that are not root's. Who owns a folder can put something else in place of any
# name in it, at any moment: a link, say, that leads root's next write elsewhere. So a folder is entered
# first and worked in by relative names, which go on meaning that folder; and what is not yet, or no
# longer, in its place lies in a folder of root's own beside it, `.tetra-es-ID`, as new-NUMBER and
# old-NUMBER. All of these are for `try`: they change the folder that the shell is in.
#
# Globals: name, next, own, rest, theirs.

# Goes to the folder $1. A link is followed only where none but root could have made it.
enter_folder() {
    cd -P -- "$1" && [ "$PWD" = "$1" ] && return
    cd / || return
    rest=${1#/}
    while [ -n "$rest" ]; do
        name=${rest%%/*}
        rest=${rest#"$name"}
        rest=${rest#/}
        next=${PWD%/}/$name
        theirs=no
        case $(stat -c %u:%A .) in 0:?????[!w]??[!w]*) ;; *) theirs=yes ;; esac
        cd -P -- "./$name" || return
        if [ $theirs = yes ] && [ "$PWD" != "$next" ]; then
            printf '%s\n' "$next is a link, in a folder that is not root's alone" >&2
            return 1
        fi
    done
}

# Goes to root's own folder in the folder $1.
enter_own() {
    enter_folder "$1" || return
    own=${PWD%/}/.tetra-es-$id
    cd -P -- "./.tetra-es-$id" || return
    case "$PWD $(stat -c %u:%a .)" in "$own 0:700" | "$own 0:"[2-7]700) return ;; esac
    printf '%s\n' "$own is not root's" >&2
    return 1
}

# Makes it, where it is not there yet.
make_own() {
    enter_folder "$1" || return
    [ -d "./.tetra-es-$id" ] || mkdir "./.tetra-es-$id" || return
    enter_own "$1"
}

remove_own() {
    enter_own "$1" || return
    rmdir ./folder 2>/dev/null
    rm -f ./new-* ./old-* && cd -P .. && rmdir "./.tetra-es-$id"
}

# put_aside FOLDER NAME NUMBER: a hard link takes no space, and keeps owner, mode and time.
put_aside() {
    make_own "$1" || return
    ln -P "../$2" "./old-$3" 2>/dev/null || cp -P -p "../$2" "./old-$3"
}

take_back() {
    enter_own "$1" || return
    # A rename over another name of the same file would do nothing.
    there "../$2" && [ "$(stat -c %d:%i "./old-$3")" = "$(stat -c %d:%i "../$2")" ] && return
    mv -f -T "./old-$3" "../$2"
}

# new_file FOLDER NUMBER SOURCE
new_file() {
    make_own "$1" && cp -p "$3" "./new-$2" && sync "./new-$2"
}

# new_link FOLDER NUMBER TARGET OWNER:GROUP
new_link() {
    make_own "$1" && ln -s -- "$3" "./new-$2" && chown -h -- "$4" "./new-$2"
}

# copy_kept FOLDER KEPT COPY: of what is put aside as KEPT, with its owner, mode and time
copy_kept() {
    enter_own "$1" && mkdir -p -- "${3%/*}" && cp -P -p -- "./old-$2" "$3" || return
    [ -L "$3" ] || sync "$3"
}

# put_in_place FOLDER NAME NUMBER
put_in_place() {
    enter_own "$1" && mv -f -T "./new-$3" "../$2"
}

remove_name() {
    enter_folder "$1" && rm -f "./$2"
}

remove_folder() {
    enter_folder "$1" && rmdir "./$2"
}

# new_folder PATH MODE OWNER:GROUP: those above it that are missing are root's
new_folder() {
    parent "$1"
    if [ ! -d "$folder_of" ]; then
        new_folder "$folder_of" 755 0:0 || return
        parent "$1"
    fi
    make_own "$folder_of" || return
    rmdir ./folder 2>/dev/null
    mkdir ./folder && chown -- "$3" ./folder && chmod -- "$2" ./folder &&
        mv -T ./folder "../${1##*/}"
}
