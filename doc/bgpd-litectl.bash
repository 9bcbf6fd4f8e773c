# Completion of bgpd-litectl for bash: its commands, and names that the running daemon knows.
_bgpd_litectl_names() {
	"$1" "${@:2}" 2>/dev/null | awk 'NR > 1 && NF { print $1 }' | sort -u
}

_bgpd_litectl() {
	local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local words=() i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--run-dir | --state-dir | --message | --confirm) ((i++)) ;;
		-*) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done
	local choice=
	case "$previous ${words[*]}" in
	"--run-dir "* | "--state-dir "*) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
	"neighbor show routes"*) choice=$(_bgpd_litectl_names "$1" show neighbors) ;;
	*" show neighbors" | *" show bfd" | *" clear" | *" shutdown" | *" enable") choice=$(_bgpd_litectl_names "$1" show neighbors) ;;
	*" show routes"*) choice="vrf neighbor longer shorter installed failed waiting withheld adopted flushed unused accepted rejected advertised" ;;
	*" flush") choice="vrf" ;;
	*" flush vrf") choice=$(_bgpd_litectl_names "$1" show vrfs) ;;
	*" flush vrf "*) choice="--yes --undo" ;;
	*" what-if") choice="down" ;;
	*" what-if down"*) choice=$(_bgpd_litectl_names "$1" show neighbors) ;;
	*" reload") choice="--reset --confirm" ;;
	*" plan"* | *" report") mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	*" drain") choice="--wait --message" ;;
	*" status") choice="--check --watch" ;;
	*" show events") choice="since" ;;
	*" show config") choice="--origin diff history" ;;
	*" contributor") choice="disable enable" ;;
	*" contributor disable" | *" contributor enable") choice=$(_bgpd_litectl_names "$1" show contributors) ;;
	*" contribute") choice="--remove" ;;
	*" rollback") choice="--reset" ;;
	*" show") choice="announcements bfd config contributors events filters interfaces memory neighbors nexthops routes vrfs" ;;
	*" ") choice="status show monitor top what-if explain doctor metrics report clear shutdown enable drain undrain reload contribute contributor confirm rollback plan return-rules flush --run-dir --state-dir --json --watch --help --version" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choice" -- "$cur")
}
complete -F _bgpd_litectl bgpd-litectl
