#include "bgpd-lite/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
	OPTION_CONF_DIR = 256,
	OPTION_RUN_DIR,
	OPTION_STATE_DIR,
	OPTION_USER,
	OPTION_CHECK,
	OPTION_HOST,
	OPTION_INTERFACE,
	OPTION_HELP_CONFIG,
	OPTION_VERSION,
	OPTION_DEBUG,
	OPTION_AS,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"conf-dir", required_argument, NULL, OPTION_CONF_DIR},
	{"run-dir", required_argument, NULL, OPTION_RUN_DIR},
	{"state-dir", required_argument, NULL, OPTION_STATE_DIR},
	{"user", required_argument, NULL, OPTION_USER},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"host", required_argument, NULL, OPTION_HOST},
	{"interface", required_argument, NULL, OPTION_INTERFACE},
	{"help-config", no_argument, NULL, OPTION_HELP_CONFIG},
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{"as", required_argument, NULL, OPTION_AS}, /* for ourselves: role.h */
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const char usage[] =
	"Usage: bgpd-lite [OPTIONS]                        run in the foreground, log to stderr\n"
	"       bgpd-lite --check [OPTIONS]                all errors of all files; exit 0, or 78\n"
	"       bgpd-lite --help-config [SECTION[.KEY]]    what may stand in the files\n"
	"\n"
	"  -c, --config FILE    main file (/etc/bgpd-lite/bgpd-lite.conf); key files are in keys/ "
	"beside it\n"
	"      --conf-dir DIR   directory of drop-ins *.conf; may be given several times, a later "
	"one\n"
	"                       masks an earlier one (conf.d in /usr/lib/bgpd-lite, /run/bgpd-lite "
	"and\n"
	"                       /etc/bgpd-lite)\n"
	"      --run-dir DIR    where the control socket is (/run/bgpd-lite)\n"
	"      --state-dir DIR  what is kept over restarts (/var/lib/bgpd-lite)\n"
	"      --user NAME      whom to become when started as root (bgpd-lite, else nobody)\n"
	"      --host NAME      what [match] host is compared with (the host's name)\n"
	"      --interface I    with --check: an interface for [match] interface; may be given "
	"several\n"
	"                       times (those of this host)\n"
	"      --debug          log more\n"
	"      --version        print the version\n"
	"  -h, --help           print this\n"
	"\n"
	"SIGHUP reads the configuration again, SIGTERM stops and keeps the routes.\n"
	"Exit codes: 0 ok, 64 usage, 77 a missing capability, 78 configuration, 1 other.\n";

static const char *const default_dirs[] = {
	"/usr/lib/bgpd-lite/conf.d", "/run/bgpd-lite/conf.d", "/etc/bgpd-lite/conf.d"};

/* Keys stand beside the main file. */
static const char *keys_dir_of(const char *config)
{
	static char dir[PATH_MAX];
	const char *slash = strrchr(config, '/');
	if (slash)
		snprintf(dir, sizeof(dir), "%.*s/keys", (int)(slash - config), config);
	else
		snprintf(dir, sizeof(dir), "keys");
	return dir;
}

static bool add_interface(struct daemon_options *o, const char **interfaces, const char *name)
{
	if (o->interfaces_n == OPTIONS_INTERFACES_MAX) {
		fprintf(stderr, "bgpd-lite: --interface: at most %d\n", OPTIONS_INTERFACES_MAX);
		return false;
	}
	interfaces[o->interfaces_n++] = name;
	return true;
}

static bool add_dir(struct daemon_options *o, const char **dirs, const char *dir)
{
	if (o->conf_dirs_n == OPTIONS_CONF_DIRS_MAX) {
		fprintf(stderr, "bgpd-lite: --conf-dir: at most %d\n", OPTIONS_CONF_DIRS_MAX);
		return false;
	}
	dirs[o->conf_dirs_n++] = dir;
	return true;
}

enum options_mode options_parse(
	int argc, char **argv, struct daemon_options *out, const char **topic)
{
	static const char *dirs[OPTIONS_CONF_DIRS_MAX];
	static const char *interfaces[OPTIONS_INTERFACES_MAX];
	enum options_mode mode = OPTIONS_RUN;
	struct daemon_options o = {.config = "/etc/bgpd-lite/bgpd-lite.conf",
		.run_dir = "/run/bgpd-lite",
		.state_dir = "/var/lib/bgpd-lite",
		.conf_dirs = dirs,
		.interfaces = interfaces};
	int c;

	while ((c = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.config = optarg;
			break;
		case OPTION_CONF_DIR:
			if (!add_dir(&o, dirs, optarg))
				return OPTIONS_ERROR;
			break;
		case OPTION_RUN_DIR:
			o.run_dir = optarg;
			break;
		case OPTION_STATE_DIR:
			o.state_dir = optarg;
			break;
		case OPTION_USER:
			o.user = optarg;
			break;
		case OPTION_DEBUG:
			o.debug = true;
			break;
		case OPTION_AS:
			o.as = optarg;
			break;
		case OPTION_HOST:
			o.host = optarg;
			break;
		case OPTION_INTERFACE:
			if (!add_interface(&o, interfaces, optarg))
				return OPTIONS_ERROR;
			break;
		case OPTION_CHECK:
			mode = OPTIONS_CHECK;
			break;
		case OPTION_HELP_CONFIG:
			mode = OPTIONS_HELP_CONFIG;
			break;
		case OPTION_VERSION:
			printf("bgpd-lite %s\n", PROJECT_VERSION);
			return OPTIONS_DONE;
		case 'h':
			fputs(usage, stdout);
			return OPTIONS_DONE;
		default: /* getopt_long has told why */
			fputs("Try 'bgpd-lite --help'.\n", stderr);
			return OPTIONS_ERROR;
		}
	}
	if (o.interfaces_n && mode != OPTIONS_CHECK) {
		fputs("bgpd-lite: --interface is for --check\nTry 'bgpd-lite --help'.\n", stderr);
		return OPTIONS_ERROR;
	}
	*topic = mode == OPTIONS_HELP_CONFIG && optind < argc ? argv[optind++] : NULL;
	if (optind < argc) {
		fprintf(stderr, "bgpd-lite: unexpected argument '%s'\nTry 'bgpd-lite --help'.\n",
			argv[optind]);
		return OPTIONS_ERROR;
	}
	for (size_t i = 0; o.conf_dirs_n == 0 && i < 3; i++)
		dirs[i] = default_dirs[i];
	if (o.conf_dirs_n == 0)
		o.conf_dirs_n = 3;
	o.keys_dir = keys_dir_of(o.config);
	*out = o;
	return mode;
}
