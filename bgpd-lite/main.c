/*
 * bgpd-lite: one binary, three processes. The children are forked before any socket, configuration
 * or large memory exists; each keeps exactly the capability it needs.
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

static const cap_value_t bgp_caps[] = {CAP_NET_BIND_SERVICE};
static const cap_value_t fib_caps[] = {CAP_NET_ADMIN};
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

static void close_end(const struct channels *c, int keep_a, int keep_b, int keep_c)
{
	const int all[] = {c->bulk[0], c->bulk[1], c->urgent[0], c->urgent[1], c->bfd[0], c->bfd[1],
		c->down[0], c->down[1]};
	for (size_t i = 0; i < 8; i++) {
		if (all[i] != keep_a && all[i] != keep_b && all[i] != keep_c)
			close(all[i]);
	}
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

static int run_fib(const struct channels *c, const struct priv_user *user)
{
	close_end(c, c->bulk[1], c->urgent[1], c->down[1]);
	int advert = advert_open(); /* while we may */
	if (allow_realtime(user))
		cpus_leave_last(); /* for bfd; where there is only one it goes without */
	setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0});
	if (priv_drop(user, fib_caps, 1) < 0)
		return EXIT_CAPABILITY;
	return fib_process_run(c->bulk[1], c->urgent[1], c->down[1], advert);
}

static int run_bfd(const struct channels *c, const struct priv_user *user)
{
	const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};

	close_end(c, c->bfd[1], c->down[0], -1);
	allow_realtime(user);
	if (user->change) /* the unit: LimitMEMLOCK= */
		setrlimit(RLIMIT_MEMLOCK, &any);
	if (priv_drop(user, NULL, 0) < 0)
		return EXIT_CAPABILITY;
	return bfd_process_run(c->bfd[1], c->down[0]);
}

static pid_t spawn(const char *name, int (*run)(const struct channels *, const struct priv_user *),
	const struct channels *c, const struct priv_user *user, enum log_level level)
{
	char title[16];
	pid_t pid = fork();
	if (pid < 0)
		log_err("start failed step=fork process=%s reason=\"%s\"", name, strerror(errno));
	if (pid != 0)
		return pid;
	log_init(name, level);
	snprintf(title, sizeof(title), "bgpd-lite-%s", name);
	prctl(PR_SET_NAME, title);
	_exit(run(c, user));
}

static int run(struct daemon_options *options)
{
	enum log_level level = options->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	struct priv_user user;
	struct channels c;
	const char *missing;
	int r;

	log_init("bgp", level);
	umask(0077);
	missing = priv_missing(all_caps, 2);
	if (missing) {
		log_err("start failed missing=%s reason=\"start as root, or give the unit "
			"AmbientCapabilities=CAP_NET_ADMIN CAP_NET_BIND_SERVICE\"",
			missing);
		return EXIT_CAPABILITY;
	}
	if (priv_find_user(options->user, &user) < 0)
		return EXIT_USAGE;
	r = priv_make_dir(&user, options->run_dir, 0755);
	if (r < 0)
		log_warn("run directory dir=%s reason=\"%s\"", options->run_dir, strerror(-r));
	r = priv_make_dir(&user, options->state_dir, 0750);
	if (r < 0)
		log_warn("state directory dir=%s reason=\"%s\"", options->state_dir, strerror(-r));
	r = channels_open(&c);
	if (r < 0) {
		log_err("start failed step=socketpair reason=\"%s\"", strerror(-r));
		return EXIT_FAILURE;
	}
	struct daemon d = {.options = *options,
		.fib = {.name = "fib", .fd = c.bulk[0], .urgent = c.urgent[0]},
		.bfd = {.name = "bfd", .fd = c.bfd[0], .urgent = -1}};
	d.fib.pid = spawn("fib", run_fib, &c, &user, level);
	d.bfd.pid = spawn("bfd", run_bfd, &c, &user, level);
	close_end(&c, c.bulk[0], c.urgent[0], c.bfd[0]);
	if (d.fib.pid < 0 || d.bfd.pid < 0)
		return EXIT_FAILURE; /* a child that was made ends by the end of its channel */
	if (priv_drop(&user, bgp_caps, 1) < 0)
		return EXIT_CAPABILITY;
	return daemon_run(&d);
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
	struct conf *conf = conf_build(texts, texts_n, &usable);
	for (size_t i = 0; conf && i < conf->messages_n; i++) {
		const struct conf_message *m = &conf->messages[i];
		fprintf(stderr, "%s:%u: %s%s\n", m->origin.file, m->origin.line,
			m->error ? "" : "warning: ", m->text);
		errors += m->error;
	}
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
		return run(&options);
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
