#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs what is missing: `deps.sh build` for the build and the demo,
# `deps.sh test` for the tests as well. Asks the package manager nothing when
# everything is there. Never starts a service, never removes a package (an MTA
# that conflicts with Postfix stays: the tests that need Postfix are skipped).
#
# Exit status: 0 when what the build needs is there, 1 otherwise. Lack of what
# only tests need is said and is no failure: those tests are skipped.
set -eu
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH

# The system's own Python is the one that packages add modules to, whatever
# else stands before it in PATH.
python=/usr/bin/python3
[ -x $python ] || python=python3

# set | how to see that it is there | Debian | dnf | FreeBSD pkg
# Debian alternatives: a/b, the first one that the release has.
table() {
	cat <<'EOF'
build|cmd:make|make|make|gmake
build|cmd:gcc|gcc|gcc|gcc
build|hdr:stdio.h|libc6-dev|glibc-devel|-
build|cmd:flex|flex|flex|flex
build|cmd:bison|bison|bison|bison
build|cmd:pkg-config|pkg-config|pkgconf-pkg-config|pkgconf
build|hdr:ldns/ldns.h|libldns-dev|ldns-devel|ldns
build|hdr:jansson.h|libjansson-dev|jansson-devel|jansson
build|hdr:pcre2.h|libpcre2-dev|pcre2-devel|pcre2
build|hdr:lmdb.h|liblmdb-dev|lmdb-devel|lmdb
build|hdr:openssl/ssl.h|libssl-dev|openssl-devel|-
build|hdr:idn2.h|libidn2-dev|libidn2-devel|libidn2
build|cmd:python3|python3|python3|python3
test|hdr:cmocka.h|libcmocka-dev|libcmocka-devel|cmocka
test|py:pytest|python3-pytest|python3-pytest|py311-pytest
test|py:yaml|python3-yaml|python3-pyyaml|py311-yaml
test|py:jsonschema|python3-jsonschema|python3-jsonschema|py311-jsonschema
test|py:dns|python3-dnspython|python3-dns|py311-dnspython
test|cmd:postfix|postfix|postfix|postfix
test|map:lmdb|postfix-lmdb|postfix-lmdb|-
test|map:pcre|postfix-pcre|postfix-pcre|-
test|map:cdb|postfix-cdb|postfix-cdb|-
test|cmd:nsd|nsd|nsd|nsd
test|cmd:unbound|unbound|unbound|unbound
test|cmd:swaks|swaks|swaks|swaks
test|cmd:drill|ldnsutils|ldns-utils|ldns
test|cmd:db5.3_dump|db5.3-util|libdb-utils|db5
test|cmd:openssl|openssl|openssl|-
test|cmd:clang|clang|clang|llvm
test|fuzzer|libclang-rt-14-dev/libclang-rt-dev|compiler-rt|llvm
test|cmd:mandoc|mandoc|mandoc|mandoc
test|cmd:shellcheck|shellcheck|ShellCheck|hs-ShellCheck
test|cmd:cppcheck|cppcheck|cppcheck|cppcheck
test|cmd:clang-format|clang-format|clang-tools-extra|llvm
test|cmd:clang-tidy|clang-tidy|clang-tools-extra|llvm
EOF
}

have_header() {
	for dir in /usr/include /usr/local/include \
		/usr/include/*-linux-gnu*; do
		[ -e "$dir/$1" ] && return 0
	done
	return 1
}

have_fuzzer() {
	command -v clang >/dev/null || return 1
	for lib in "$(clang -print-resource-dir)"/lib/*/libclang_rt.fuzzer*; do
		[ -e "$lib" ] && return 0
	done
	return 1
}

is_there() {
	case $1 in
	cmd:*) command -v "${1#cmd:}" >/dev/null ;;
	hdr:*) have_header "${1#hdr:}" ;;
	py:*) $python -c "import ${1#py:}" 2>/dev/null ;;
	map:*)
		command -v postconf >/dev/null &&
			postconf -m 2>/dev/null | grep -qx "${1#map:}"
		;;
	fuzzer) have_fuzzer ;;
	*) return 1 ;;
	esac
}

# Rows of the sets in $1 whose thing is not there.
missing() {
	table | while IFS='|' read -r set check deb dnf pkg; do
		case " $1 " in *" $set "*) ;; *) continue ;; esac
		is_there "$check" || echo "$set|$check|$deb|$dnf|$pkg"
	done
}

column() {
	cut -d'|' -f"$1" | grep -vx -e - | sort -u | tr '\n' ' '
}

# --- with apt, as root ------------------------------------------------------

policy=/usr/sbin/policy-rc.d
# What apt says is of interest only when it fails.
log=build/deps.log

forbid_services() {
	[ -e $policy ] && return 0
	trap 'rm -f $policy' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
}

pick_alternative() {
	for name in $(echo "$1" | tr / ' '); do
		if apt-cache show "$name" >/dev/null 2>&1; then
			echo "$name"
			return 0
		fi
	done
	echo "${1%%/*}"
}

quietly() {
	"$@" >>$log 2>&1
}

apt_install() {
	quietly apt-get install -y -q -o Dpkg::Use-Pty=0 --no-remove \
		--no-install-recommends "$@"
}

install_all() {
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	forbid_services
	quietly apt-get update -q ||
		echo 'deps: the package lists could not be renewed' >&2
	names=
	for name; do
		names="$names $(pick_alternative "$name")"
	done
	# A fresh Postfix gets a configuration that listens nowhere else.
	case $names in
	*postfix*)
		command -v postfix >/dev/null || debconf-set-selections <<-'EOF'
			postfix postfix/main_mailer_type select Local only
			postfix postfix/mailname string localhost.localdomain
		EOF
		;;
	esac
	# shellcheck disable=SC2086 # a list of words
	apt_install $names && return 0
	echo 'deps: not all can be installed together, trying one by one' >&2
	for name in $names; do
		apt_install "$name" || echo "deps: could not install $name, see $log" >&2
	done
}

# --- main -------------------------------------------------------------------

case ${1-} in
build) sets=build ;;
test) sets='build test' ;;
install)
	shift
	install_all "$@"
	exit 0
	;;
*)
	echo 'usage: deps.sh build|test' >&2
	exit 2
	;;
esac

rows=$(missing "$sets")
[ -n "$rows" ] || exit 0

if command -v apt-get >/dev/null; then
	# Made here, not in the part that may run as root.
	mkdir -p build
	: >$log
	debs=$(echo "$rows" | column 3)
	echo "deps: installing $debs"
	if [ "$(id -u)" -eq 0 ]; then
		sudo=
	elif command -v sudo >/dev/null; then
		sudo=sudo
	else
		sudo=false
		echo 'deps: neither root nor sudo: nothing can be installed' >&2
	fi
	# shellcheck disable=SC2086 # both are lists of words
	$sudo sh "$0" install $debs || true
else
	echo "deps: missing here, with dnf: $(echo "$rows" | column 4)"
	echo "deps: missing here, with pkg: $(echo "$rows" | column 5)"
fi

rows=$(missing "$sets")
[ -n "$rows" ] || exit 0
echo "$rows" | while IFS='|' read -r set check deb _ _; do
	case $set in
	build) echo "deps: still missing, needed for the build: $deb ($check)" ;;
	test) echo "deps: still missing, its tests will be skipped: $deb ($check)" ;;
	esac
done >&2
! echo "$rows" | grep -q '^build|'
