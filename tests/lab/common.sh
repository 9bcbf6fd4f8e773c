# Sourced by tests/run, tests/demo and .ci/run: packages, building, a record a check.
# The caller sets `root` (the repository).
export PYTHONPATH=$root/tests PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
python=/usr/bin/python3

say() { printf '%s\n' "$*"; }

# need_root COMMAND...: namespaces and packages are root's.
need_root() {
	[ "$(id -u)" = 0 ] && return
	say "This needs root, for packages and network namespaces: sudo $*" >&2
	exit 1
}

# packages_of SECTION...: the names in packages.txt.
packages_of() {
	local wanted
	for wanted in "$@"; do
		sed -n "/^\[$wanted\]/,/^\[/{/^[a-z0-9]/s/[[:space:]].*//p}" "$root/tests/lab/packages.txt"
	done
}

missing_packages() {
	local p
	for p in $(packages_of "$@"); do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || say "$p"
	done
}

# While packages are installed no service may start: policy-rc.d says no to each.
policy=/usr/sbin/policy-rc.d
policy_forbid() {
	if [ -e "$policy" ]; then
		mv "$policy" "$policy.bgpd-lite-saved"
	fi
	printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
}
policy_restore() {
	rm -f "$policy"
	if [ -e "$policy.bgpd-lite-saved" ]; then
		mv "$policy.bgpd-lite-saved" "$policy"
	fi
}

# install_packages SECTION...: only what is missing; no service is started.
install_packages() {
	local missing
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -eq 0 ] && return
	say "installing: ${missing[*]}"
	(
		policy_forbid
		trap policy_restore EXIT
		trap 'exit 1' INT TERM HUP
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -q && apt-get install -q -y --no-install-recommends "${missing[@]}"
	) >"${TMPDIR:-/tmp}/bgpd-lite-install.$$" 2>&1 || {
		tail -30 "${TMPDIR:-/tmp}/bgpd-lite-install.$$" >&2
		rm -f "${TMPDIR:-/tmp}/bgpd-lite-install.$$"
		say "cannot install: ${missing[*]}" >&2
		return 1
	}
	rm -f "${TMPDIR:-/tmp}/bgpd-lite-install.$$"
}

# build DIR [MESON OPTION...]: warnings are errors, unless werror=false (gcc warns falsely about
# what its sanitizers add).
werror=true
build() {
	local dir=$1
	shift
	if [ -e "$dir/build.ninja" ]; then
		meson configure "$dir" "-Dwerror=$werror" "$@" >/dev/null || return 1
	else
		meson setup "$dir" "$root" "-Dwerror=$werror" "$@" >"$dir.log" 2>&1 ||
			{ cat "$dir.log"; return 1; }
		mv "$dir.log" "$dir/setup.log"
	fi
	ninja -C "$dir" >"$dir/ninja.log" 2>&1 && return
	sed -n '/^FAILED/,/^\[/p' "$dir/ninja.log" | head -100
	tail -20 "$dir/ninja.log"
	return 1
}

# check RESULTS NAME COMMAND...: runs it, prints one line, keeps a record; shows a failure's output.
check() {
	local results=$1 name=$2 began=$EPOCHREALTIME ok=true status
	shift 2
	mkdir -p "$results"
	"$@" >"$results/$name.out" 2>&1
	status=$?
	[ $status -eq 0 ] || ok=false
	$python -m lab.report record "$results/$name.json" "$name" $ok "$began" "$EPOCHREALTIME" \
		"$results/$name.out"
	return $status
}
