# Completion of the daemon's options for bash.
_bgpd_lite() {
	local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local choice="--config --conf-dir --run-dir --state-dir --user --host --check --interface --help-config --debug --version --help"
	case $previous in
	-c | --config) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	--conf-dir | --run-dir | --state-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
	--user) mapfile -t COMPREPLY < <(compgen -u -- "$cur"); return ;;
	--interface) choice=$(cd /sys/class/net && printf '%s ' *) ;;
	--help-config) choice=$("$1" --help-config 2>/dev/null | awk -F'[][ ]' '/^\[/ { print $2 }') ;;
	--host) choice=$HOSTNAME ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choice" -- "$cur")
}
complete -F _bgpd_lite bgpd-lite
