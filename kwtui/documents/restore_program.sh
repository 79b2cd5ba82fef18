#!/bin/sh
# @TITLE@
#
# It needs a POSIX shell, sed, awk and coreutils, and a SQL client: psql, or kwbase sql of the node.
# RESTORE.md beside it says more. Everything that is particular to this backup comes first, the
# program after it is the same in every backup.
#
# shellcheck disable=SC2016 # SQL is quoted as it is, with its dollar signs
set -eu

@SET@
# ---- from here on the same in every backup --------------------------------------------------

usage() {
    cat <<END
Usage: restore.sh [OPTION...] CLIENT [ARGUMENT...]

Restores the backup into a new database, with the SQL client that is given, for example:

  ./restore.sh --as shop_restored psql -h 127.0.0.1 -p 26257 -U root defaultdb
  ./restore.sh --as shop_restored kwbase sql --insecure --host 127.0.0.1:26257

Run it as the account of the database. Root runs it only where this file belongs to root: whoever
owns it decides what it does. A copy that root made (cp) does, and can be read first.

Instead of CLIENT the environment variable SQL_CLIENT may hold it. The client reads statements from
its input. One that asks for a password is asked up to five times: use PGPASSWORD or ~/.pgpass.

  --as NAME        the new database; without it the name that it had. A name that is taken is
                   refused, and nothing is changed.
  --extern DIR     the extern folder of the node that imports, if this script lies elsewhere
  --node N         the number of that node; it was $node
  --source URI     where that node finds data/, for anything else than a moved set
  --from N         go on with step N, after whatever stopped it was put right
  --print          print the statements, and do nothing
  --inserts DIR    make DIR with restore.sql and the INSERT statements that it runs, and do nothing
                   else; only time series that IMPORT takes wrong have any
  --no-grants      leave the grants out
  --no-staging     import time series from the backup itself: rejected rows land in it
  --no-checksums   do not compare the files with SHA256SUMS first
  --trust-owner    as root: run this file though it belongs to another account

It ends with 0: restored and compared; 1: stopped by an error; 2: not understood; 3: the name is
taken; 4: the rows or devices are not those of the backup; 5: files of the backup are damaged; 6: all
rows are there and compared, a foreign key, view, trigger, grant or the like is missing. Until it ends
with 0 the database's comment says that it is not complete.
END
}

say() { printf '%s\n' "$*" >&2; }

# stop CODE LINE...
stop() {
    code=$1
    shift
    printf 'restore.sh: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '    %s\n' "$line" >&2; done
    exit "$code"
}

target=$original
written='' extern='' source='' from=1 print='' grants=yes staging=yes checksums=yes
trust=''
while [ $# -gt 0 ]; do
    case $1 in
        --as | --extern | --node | --source | --from | --inserts)
            [ $# -gt 1 ] || stop 2 "$1 needs a value." "restore.sh --help says which."
            case $1 in
                --as) target=$2 ;;
                --extern) extern=${2%/} ;;
                --node) node=$2 ;;
                --source) source=$2 ;;
                --from) from=$2 ;;
                --inserts) written=$2 ;;
            esac
            shift 2
            ;;
        --print) print=yes && shift ;;
        --no-grants) grants='' && shift ;;
        --no-staging) staging='' && shift ;;
        --no-checksums) checksums='' && shift ;;
        --trust-owner) trust=yes && shift ;;
        --help | -h) usage && exit 0 ;;
        --) shift && break ;;
        -*) stop 2 "unknown option: $1" "restore.sh --help lists the options." ;;
        *) break ;;
    esac
done

for number in "$node" "$from"; do
    case $number in
        '' | *[!0-9]* | 0*) stop 2 "'$number' is no number: --node and --from want one." ;;
    esac
done
[ "$from" -le "$steps" ] || stop 2 "There is no step $from: the last one is $steps."

line_end='
'
[ -n "$target" ] || stop 2 "The new database needs a name: --as NAME."
case $target$source in
    *"$line_end"*) stop 2 "A name or address with a line end cannot be used." ;;
esac

if [ $# -eq 0 ] && [ -n "${SQL_CLIENT-}" ]; then
    # shellcheck disable=SC2086 # words are parted at blanks, as documented
    set -- $SQL_CLIENT
fi
if [ $# -eq 0 ] && [ -z "$print$written" ]; then
    usage >&2
    stop 2 "No SQL client is given."
fi

# Read from a pipe or given to a shell as its text, it is no file, and root chose its text.
if [ "$(id -u)" -eq 0 ] && [ -f "$0" ] && [ -z "$print$trust" ]; then
    case $0 in -*) own=./$0 ;; *) own=$0 ;; esac
    [ "$(stat -L -c %u -- "$own")" = 0 ] ||
        stop 1 "Root does not run a file that belongs to another account: it may hold anything." \
            "Run it as that account. Or copy it, read the copy, and run that with --extern DIR." \
            "If you trust whoever owns it: --trust-owner"
fi

# ---- where the files are

here=$(cd -- "$(dirname -- "$0")" && pwd)
if [ -z "$extern" ]; then
    case $here in
        */"$path") extern=${here%/"$path"} ;;
    esac
elif [ -d "$extern" ]; then
    extern=$(cd -- "$extern" && pwd)
fi
case $here in
    "$extern"/*) [ -z "$extern" ] || path=${here#"$extern"/} ;;
esac
root=$here
[ -d "$root/data" ] || root=$extern/$path
if [ -z "$source" ]; then
    source="nodelocal://$node/$path/data"
    [ "$source" = "$known_source" ] || case $path in
        *[%?#]*) stop 2 "$path cannot be written as an address: give it with --source." ;;
    esac
fi

# ---- the statements

quoted=\"$(printf '%s' "$target" | sed -e 's/"/""/g')\"
replacement() { printf '%s' "$1" | sed -e 's/[\\&|]/\\&/g'; }
pattern() { printf '%s' "$1" | sed -e 's/[][\\.*^$|]/\\&/g'; }
text() { printf '%s' "$1" | sed -e "s/'/''/g"; }

# The statements for the name and the place that were asked for. The name also stands at the begin of
# texts, as in nextval('shop.public.number').
renamed() {
    LC_ALL=C sed -e "s|'$mark|'$(replacement "$(text "$quoted")")|g" \
        -e "s|$mark|$(replacement "$quoted")|g" \
        -e "s|$(pattern "$known_source")|$(replacement "$(text "$source")")|g"
}

# insert_rows SCRIPT: the rows of a time series as INSERT statements, made of its CSV files.
insert_rows() {
    rows_of "$1" || return 1
    export KW_HEAD KW_KINDS KW_TAGS KW_TABLE KW_ROWS KW_DELIMITER KW_QUOTE KW_NULL KW_HEADER
    if [ ! -d "$root/data" ]; then
        say "restore.sh: the rows of $KW_TABLE are made of data/$folder, which is not to be seen" \
            "from here: give --extern DIR."
        return 1
    fi
    set -- "$root/data/$folder"/*.csv
    [ -f "$1" ] || return 0
    if [ -z "$charset" ]; then
        as_owner env LC_ALL=C awk "$(insert_program)" "$@"
        return
    fi
    for file; do
        { as_owner iconv -f "$charset" -t UTF-8 -- "$file" || : >"$work/unread"; } |
            LC_ALL=C awk "$(insert_program)" || return 1
        [ ! -f "$work/unread" ] || return 1
    done
}

# emit FIRST LAST: the steps as the client shall read them.
emit() {
    session
    [ "$1" -eq 1 ] || printf 'USE %s;\n' "$quoted"
    all_steps | renamed | (
        step=0 wanted='' first=''
        while IFS= read -r line; do
            case $line in
                "$tag"[1-9]*:\ *)
                    title=${line#"$tag"}
                    step=${title%%:*} first=yes wanted=yes
                    if [ "$step" -lt "$1" ] || [ "$step" -gt "$2" ]; then wanted=''; fi
                    if [ "$step" -ge "$first_grant" ] && [ "$step" -lt "$steps" ] &&
                        [ -z "$grants" ]; then wanted=''; fi
                    [ -z "$wanted" ] || printf "SELECT 'step %s of %s: %s' AS doing;\n" \
                        "$step" "$steps" "$(text "${title#*: }")"
                    continue
                    ;;
            esac
            [ -n "$wanted" ] || continue
            case $first$line in
                'yes\ir '*) insert_rows "${line#\\ir }" || exit 1 ;;
                *) printf '%s\n' "$line" ;;
            esac
            first=''
        done
    ) || return 1
    # The client's word is only good if it was given everything.
    : >"$work/sent"
}

if [ -n "$print" ]; then
    all_steps | renamed
    exit 0
fi

psql=''
for word in "$@"; do
    case " $word " in
        *' psql '* | */'psql '*) psql=yes ;;
    esac
done
# psql goes on after an error unless it is told not to, and must not take up anybody's settings.
export PSQLRC=/dev/null PGCLIENTENCODING=UTF8
export PGGSSENCMODE="${PGGSSENCMODE-disable}" PGAPPNAME="${PGAPPNAME-restore.sh}"

# feed CLIENT...: statements from the input into the client.
feed() {
    {
        [ -z "$psql" ] || printf '%s\n' '\set QUIET on' '\set ON_ERROR_STOP on' \
            '\pset format unaligned' '\pset tuples_only on' '\pset pager off'
        cat
    } | "$@"
}

# What a client or the files of others say, fit for a terminal: without control characters, and
# without those of UTF-8 that are invisible or change the direction of writing.
controls=$(printf '[\001-\010\013-\037\177]') wide_controls=$(printf '\302[\200-\237]')
turning=$(printf '\342\200[\213-\217\250-\256]') isolating=$(printf '\342\201[\240-\257]')
plain() {
    LC_ALL=C sed -e "s/$controls//g" -e "s/$wide_controls//g" -e "s/$turning//g" \
        -e "s/$isolating//g"
}

# feed_plain CLIENT...: as feed, and what the client says is shown on the way.
feed_plain() {
    rm -f -- "$work/status"
    {
        {
            feed "$@" && answer=0 || answer=$?
            printf '%s\n' "$answer" >"$work/status"
        } 2>&1 >&3 | plain >&2
    } 3>&1 | plain
    [ "$(cat -- "$work/status")" = 0 ]
}

# ---- what is made, and goes away again

work='' stage='' owner=''
clean_up() {
    status=$?
    trap - EXIT
    [ -z "$work" ] || rm -rf -- "$work"
    if [ -n "$stage" ] && [ -d "$extern/$stage" ]; then
        as_owner rm -rf -- "${extern:?}/$stage"
        as_owner rmdir -- "$extern/$staging_folder" 2>/dev/null || :
    fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
work=$(mktemp -d)
if [ "$(id -u)" -eq 0 ]; then
    # Whose extern it is; without one, whose files these are.
    owner=$(stat -L -c %u:%g -- "${extern:-$here}")
    if [ "${owner%%:*}" = 0 ]; then
        owner=''
    elif ! command -v setpriv >/dev/null; then
        stop 1 "Root does not work on files that belong to another account." \
            "Run this as the account of the database, or install setpriv (util-linux)."
    fi
fi

# Root works on files as the account that owns extern: that account could plant links, and swap
# folders for them at any moment, and root would follow.
as_owner() {
    if [ -n "$owner" ]; then
        setpriv --reuid "${owner%%:*}" --regid "${owner#*:}" --clear-groups -- "$@"
    else
        "$@"
    fi
}

# The node's account must read what is staged for it, and write rejected rows beside it. The group is
# changed from within the folder, which nobody can swap for another one then.
make_folder() {
    [ ! -d "$1" ] || return 0
    make_folder "$(dirname -- "$1")"
    (umask 007 && as_owner mkdir -- "$1") ||
        stop 1 "No staging folder can be made: this account may not write there." \
            "Run this as the account of the database."
    [ -n "$owner" ] || (
        cd -P -- "$1" && [ "$(pwd -P)" = "$real${1#"$extern"}" ] && chgrp -- "$group" .
    ) 2>/dev/null || :
}

# place FILE FOLDER: a hard link; where that is not allowed a relative symbolic link, or a copy.
place() {
    as_owner ln -- "$1" "$extern/$2/" 2>/dev/null && return 0
    up=$(printf '%s' "$2" | sed -e 's|[^/][^/]*|..|g')
    as_owner ln -s -- "$up/${1#"$extern"/}" "$extern/$2/" 2>/dev/null && return 0
    (umask 007 && as_owner cp -- "$1" "$extern/$2/")
}

# KWDB writes rejected rows beside the files that it reads, and an empty file hides those after it.
stage_files() {
    group=$(stat -c %g -- "$extern") real=$(cd -P -- "$extern" && pwd -P)
    stage=$staging_folder/$(printf '%08x%08x' "$(date +%s)" "$$")
    make_folder "$extern/$stage"
    series_folders | while IFS= read -r folder; do
        make_folder "$extern/$stage/data/$folder"
        for file in "$root/data/$folder"/*.csv; do
            [ ! -s "$file" ] || place "$file" "$stage/data/$folder"
        done
    done
    source="nodelocal://$node/$stage/data"
}

rejected() {
    [ -n "$stage" ] || return 0
    series_folders | while IFS= read -r folder; do
        for file in "$extern/$stage/data/$folder"/reject.*; do
            [ -f "$file" ] || continue
            say "rejected from $folder, each row with its reason:"
            as_owner head -n 10 -- "$file" | plain >&2
        done
    done
}

# A pipe, socket or device in place of a file would be read for ever.
check_kinds() {
    [ -d "$root/data" ] || return 0
    as_owner find "$root/" \( -type p -o -type s -o -type b -o -type c -o \
        -type l ! -exec test -f '{}' \; \) -print >"$work/odd" 2>/dev/null || :
    [ ! -s "$work/odd" ] || {
        plain <"$work/odd" >&2
        stop 5 "In the backup lies what is no file and no folder: see above." "Nothing was restored."
    }
}
check_kinds

# ---- 0. files of INSERT statements, for restore.sql

if [ -n "$written" ]; then
    mkdir -- "$written" || stop 1 "Cannot create $written: name a folder that does not exist yet."
    cp -- "$here/restore.sql" "$written/"
    printf '%s\n' "$inserts" | while IFS= read -r script; do
        [ -n "$script" ] || continue
        mkdir -p -- "$(dirname -- "$written/$script")"
        insert_rows "$script" >"$written/$script" || exit 1
    done || stop 1 "The statements are not complete: see above."
    exit 0
fi

# ---- 1. the files

check_files() {
    [ -f "$here/SHA256SUMS" ] || stop 5 "$here/SHA256SUMS is not there."
    as_owner cat -- "$here/SHA256SUMS" >"$work/all"
    [ -s "$work/all" ] || return 0
    if ! (
        cd -- "$root" && export LC_ALL=C && as_owner sha256sum -c
    ) <"$work/all" >"$work/sums" 2>&1; then
        sed -e '/: OK$/d' "$work/sums" | plain >&2
        stop 5 "Files of the backup are damaged, missing or not readable in $root: see above." \
            "Nothing was restored. Use another backup, or a copy of this one."
    fi
}

if [ -n "$checksums" ]; then
    if [ -d "$root/data" ]; then
        say "Comparing the files with SHA256SUMS"
        check_files
    else
        say "The data files are not to be seen from here: they are not checked."
    fi
fi

stages=''
[ -z "$(series_folders)" ] || [ "$from" -gt "$last_whole" ] || stages=yes
if [ -n "$stages" ] && [ -n "$staging" ]; then
    if [ -z "$extern" ] || [ ! -d "$root/data" ] || [ ! -w "$extern" ]; then
        stop 1 "No staging folder can be made in ${extern:-extern}." \
            "KWDB writes the rows that it rejects beside the files that it imports, which must not" \
            "be the backup. Run this as the account of the database, with --extern DIR if the" \
            "backup is not in the extern folder. --no-staging does without."
    fi
    stage_files
fi

# ---- 2. the database

if [ "$from" -eq 1 ]; then
    rm -f -- "$work/sent"
    if ! emit 1 1 | feed "$@" >"$work/out" 2>"$work/err"; then
        cat -- "$work/out" "$work/err" | plain >&2
        ! LC_ALL=C grep -q 'already exists' "$work/out" "$work/err" ||
            stop 3 "There is a database $target already. Nothing was changed." \
                "Choose another name: --as NAME"
        stop 1 "The database $target could not be made: see above. Nothing was changed."
    fi
    cat -- "$work/out" "$work/err" | plain >&2
    from=2
fi

# ---- 3. everything that the rows need

if [ "$from" -le "$last_whole" ]; then
    rm -f -- "$work/sent"
    if ! emit "$from" "$last_whole" | feed_plain "$@" || [ ! -f "$work/sent" ]; then
        rejected
        stop 1 "Stopped in the step that was named last: see above." \
            "The database $target is not complete. Drop it (DROP DATABASE $quoted CASCADE) and" \
            "start again, or put right what stopped it and go on with that step: --from N"
    fi
    rejected
fi

# ---- 4. are they all there

compare() {
    tab=$(printf '\t')
    differing=0
    while IFS=$tab read -r number unit wanted content name note <&3; do
        IFS=$tab read -r answered found found_content <&4 || answered=''
        [ "$answered" = "$number" ] || stop 1 "The client gave no answer for $name." \
            "Its answers are read as text; psql and kwbase sql are known to work."
        if [ "$wanted" = - ]; then
            say "$name: $found $unit; nobody counted them when the backup was made"
        elif [ "$found" != "$wanted" ] && ! { [ "$unit" = devices ] && [ "$found" -gt "$wanted" ]; }; then
            say "$name: $found $unit, and the backup holds $wanted${note:+ ($note)}"
            differing=$((differing + 1))
        elif [ "$unit" = devices ] || [ "$content" = - ]; then
            say "$name: $found $unit, as in the backup"
        elif [ "$found_content" != "$content" ]; then
            say "$name: $wanted rows as in the backup, but their content is another"
            differing=$((differing + 1))
        else
            say "$name: $wanted rows, the content is the same"
        fi
    done 3<"$work/expected" 4<"$work/found"
}

# Of any client's output: the line of numbers after each marker.
answers() {
    LC_ALL=C tr -c '0-9A-Za-z.+\n-' ' ' | (
        marker=''
        while read -r one two three rest; do
            case $one in
                kwtui) marker=$two && continue ;;
                '' | *[!0-9]*) continue ;;
            esac
            case $two in row | rows) continue ;; esac
            [ -n "$marker" ] || continue
            printf '%s\t%s\t%s\n' "$marker" "$one" "$(printf '%s %s' "$two" "$three" |
                sed -e 's/NULL//g' -e 's/^ *$/ /')"
            marker=''
        done
    )
}

all_checks | renamed >"$work/checks"
expected >"$work/expected"
say "Comparing the rows with the backup"
if ! {
    session
    cat -- "$work/checks"
} | feed "$@" >"$work/out"; then
    plain <"$work/out" >&2
    stop 1 "The rows of $target could not be compared: see above."
fi
answers <"$work/out" >"$work/found"
compare

# ---- 5. what all rows are whole without

# Each step that fails is named, and those behind it are done all the same.
failed=''
[ "$from" -gt "$last_whole" ] || from=$((last_whole + 1))
next=$from
while [ "$next" -lt "$steps" ]; do
    rm -f -- "$work/sent"
    if emit "$next" $((steps - 1)) | feed "$@" >"$work/out" 2>"$work/err" && [ -f "$work/sent" ]; then
        next=$steps
    else
        at=$(sed -n -e "s/.*step \([0-9]*\) of $steps: .*/\1/p" "$work/out" | tail -n 1)
        failed="$failed ${at:-$next}"
        # Without a word of a step there was no server, and there is none for the next one.
        next=$((${at:-$steps} + 1))
    fi
    plain <"$work/out"
    plain <"$work/err" >&2
done

if [ "$differing" -ne 0 ]; then
    stop 4 "$target is not what was backed up: $differing of the comparisons above differ." \
        "It stays for you to look at, with a comment that says that it is not complete." \
        ${failed:+"These steps failed too:$failed"}
fi
if [ -n "$failed" ]; then
    failed=${failed# }
    stop 6 "All rows of $target are there and compared, but steps failed: $failed. See above." \
        "Put right what they need (grants need their users) and go on with the first of them:" \
        "--from ${failed%% *}"
fi
rm -f -- "$work/sent"
if ! emit "$steps" "$steps" | feed "$@" >"$work/out" 2>&1 || [ ! -f "$work/sent" ]; then
    plain <"$work/out" >&2
    stop 6 "All of $target is there and compared, but its comment still says that it is not" \
        "complete: see above. Go on with --from $steps"
fi
say "Restored and compared: $target"
