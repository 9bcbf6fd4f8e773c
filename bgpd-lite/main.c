/*
 * bgpd-lite: one binary, three processes (role.h). The children are made before any socket,
 * configuration or large memory exists; each keeps exactly the capability it needs.
 *
 *   bgp (this process)  CAP_NET_BIND_SERVICE
 *   fib                 CAP_NET_ADMIN
 *   bfd                 none
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bfd/process.h"
#include "bgpd-lite/daemon.h"
#include "bgpd-lite/options.h"
#include "bgpd-lite/priv.h"
#include "bgpd-lite/role.h"
#include "bgpd-lite/site.h"
#include "conf/files.h"
#include "conf/help.h"
#include "lib/chan.h"
#include "lib/cpus.h"
#include "lib/log.h"
#include "rib/fib/advert.h"
#include "rib/fib/process.h"

enum {
	EXIT_USAGE = 64,
	EXIT_CAPABILITY = 77,
	EXIT_CONFIG = 78,
};

static const cap_value_t all_caps[] = {CAP_NET_ADMIN, CAP_NET_BIND_SERVICE};

/* The four socketpairs; [0] is the end of the process that is named first. */
struct channels {
	int bulk[2];   /* bgp, fib */
	int urgent[2]; /* bgp, fib */
	int bfd[2];    /* bgp, bfd */
	int down[2];   /* bfd, fib */
};

static int channels_open(struct channels *c)
{
	int *pairs[] = {c->bulk, c->urgent, c->bfd, c->down};
	for (size_t i = 0; i < 4; i++) {
		int r = chan_pair(pairs[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the first process: opens the channels, starts fib and bfd, becomes bgp ---- */

static void start_failed(const char *step, int error)
{
	log_err("start failed step=%s reason=\"%s\"", step, strerror(-error));
}

static pid_t spawn(const struct role *role, int argc, char **argv, const struct priv_user *user)
{
	pid_t pid = fork();
	if (pid < 0)
		start_failed("fork", -errno);
	if (pid != 0)
		return pid;
	start_failed("exec", role_become(role, argc, argv, user));
	_exit(EXIT_FAILURE);
}

static void make_dirs(const struct daemon_options *o, const struct priv_user *user)
{
	int r = priv_make_dir(user, o->run_dir, 0755);
	if (r < 0)
		log_warn("run directory dir=%s reason=\"%s\"", o->run_dir, strerror(-r));
	r = priv_make_dir(user, o->state_dir, 0750);
	if (r < 0)
		log_warn("state directory dir=%s reason=\"%s\"", o->state_dir, strerror(-r));
}

static int start(const struct daemon_options *options, int argc, char **argv)
{
	struct priv_user user;
	struct channels c;
	const char *missing = priv_missing(all_caps, 2);

	umask(0077);
	if (missing) {
		log_err("start failed missing=%s reason=\"start as root, or give the unit "
			"AmbientCapabilities=CAP_NET_ADMIN CAP_NET_BIND_SERVICE\"",
			missing);
		return EXIT_CAPABILITY;
	}
	if (priv_find_user(options->user, &user) < 0)
		return EXIT_USAGE;
	make_dirs(options, &user);
	int r = channels_open(&c);
	if (r < 0) {
		start_failed("socketpair", r);
		return EXIT_FAILURE;
	}
	/* opened while we may */
	const struct role fib = {ROLE_FIB, {c.bulk[1], c.urgent[1], c.down[1], advert_open()}};
	const struct role bfd = {ROLE_BFD, {c.bfd[1], c.down[0]}};
	pid_t fib_pid = spawn(&fib, argc, argv, &user);
	pid_t bfd_pid = spawn(&bfd, argc, argv, &user);
	if (fib_pid < 0 || bfd_pid < 0)
		return EXIT_FAILURE; /* a child that was made ends by the end of its channel */
	const struct role bgp = {ROLE_BGP, {c.bulk[0], c.urgent[0], c.bfd[0], fib_pid, bfd_pid}};
	start_failed("exec", role_become(&bgp, argc, argv, &user));
	return EXIT_FAILURE;
}

/* ---- what it became ---- */

static int run_bgp(const struct role *r, const struct daemon_options *options)
{
	struct daemon d = {.options = *options,
		.fib = {.name = "fib",
			.fd = r->values[0],
			.urgent = r->values[1],
			.pid = r->values[3]},
		.bfd = {.name = "bfd", .fd = r->values[2], .urgent = -1, .pid = r->values[4]}};
	return daemon_run(&d);
}

/* As root we may still give what the unit gives by LimitRTPRIO=. */
static bool allow_realtime(const struct priv_user *user)
{
	const struct rlimit most = {50, 50};
	struct rlimit now;

	if (user->change)
		setrlimit(RLIMIT_RTPRIO, &most);
	return getrlimit(RLIMIT_RTPRIO, &now) == 0 && now.rlim_cur > 0;
}

static void prepare_fib(const struct priv_user *user)
{
	if (allow_realtime(user))
		cpus_leave_last(); /* for bfd; where there is only one it goes without */
	setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0});
}

static void prepare_bfd(const struct priv_user *user)
{
	const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};

	allow_realtime(user);
	if (user->change) /* the unit: LimitMEMLOCK= */
		setrlimit(RLIMIT_MEMLOCK, &any);
}

static int run_role(const struct role *r, const struct daemon_options *options)
{
	char name[16] = "bgpd-lite";
	struct priv_user user;
	const cap_value_t *caps;
	int caps_n = role_caps(r->kind, &caps);

	if (r->kind != ROLE_BGP)
		snprintf(name, sizeof(name), "bgpd-lite-%s", role_name(r->kind));
	prctl(PR_SET_NAME, name);
	log_init(role_name(r->kind), options->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (priv_find_user(options->user, &user) < 0)
		return EXIT_USAGE;
	if (r->kind == ROLE_FIB)
		prepare_fib(&user);
	if (r->kind == ROLE_BFD)
		prepare_bfd(&user);
	if (priv_drop(&user, caps, caps_n) < 0)
		return EXIT_CAPABILITY;
	switch (r->kind) {
	case ROLE_BGP:
		return run_bgp(r, options);
	case ROLE_FIB:
		return fib_process_run(r->values[0], r->values[1], r->values[2], r->values[3]);
	case ROLE_BFD:
		return bfd_process_run(r->values[0], r->values[1]);
	}
	return EXIT_FAILURE;
}

static int run(const struct daemon_options *options, int argc, char **argv)
{
	struct role role;

	log_init("bgp", options->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (!options->as)
		return start(options, argc, argv);
	if (!role_parse(options->as, &role)) {
		fprintf(stderr, "bgpd-lite: --as is not for use by hand\n");
		return EXIT_USAGE;
	}
	return run_role(&role, options);
}

static void print_unmatched(const struct conf_contributor *k)
{
	if (k->unmatched)
		printf("%s:%u: not for this host and not checked: %s\n", k->file, k->unmatched_line,
			k->unmatched);
}

/* --check: what a start would say, without last good texts: is what is written now right? */
static int check(const struct daemon_options *o)
{
	struct conf_files *files =
		conf_files_read(o->config, o->conf_dirs, o->conf_dirs_n, NULL, NULL);
	size_t texts_n, errors = 0;
	bool usable;

	if (!files) {
		fprintf(stderr, "bgpd-lite: out of memory\n");
		return EXIT_FAILURE;
	}
	const struct conf_text *texts = conf_files_texts(files, &texts_n);
	struct conf *conf = site_check(o, texts, texts_n, &usable);
	for (size_t i = 0; conf && i < conf->messages_n; i++) {
		const struct conf_message *m = &conf->messages[i];
		fprintf(stderr, "%s:%u: %s%s\n", m->origin.file, m->origin.line,
			m->error ? "" : "warning: ", m->text);
		errors += m->error;
	}
	for (size_t i = 0; conf && i < conf->contributors_n; i++)
		print_unmatched(&conf->contributors[i]);
	if (conf && errors == 0)
		printf("ok: %zu files, %zu neighbors\n", conf->contributors_n, conf->neighbors_n);
	conf_free(conf);
	conf_files_free(files);
	return errors || !conf ? EXIT_CONFIG : EXIT_SUCCESS;
}

static int help_config(const char *topic)
{
	char *text = conf_help(topic);
	if (!text) {
		fprintf(stderr, "bgpd-lite: --help-config: there is no '%s'\n", topic ? topic : "");
		return EXIT_USAGE;
	}
	fputs(text, stdout);
	free(text);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct daemon_options options;
	const char *topic;

	switch (options_parse(argc, argv, &options, &topic)) {
	case OPTIONS_RUN:
		return run(&options, argc, argv);
	case OPTIONS_CHECK:
		return check(&options);
	case OPTIONS_HELP_CONFIG:
		return help_config(topic);
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_ERROR:
		return EXIT_USAGE;
	}
	return EXIT_USAGE;
}
