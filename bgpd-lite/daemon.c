/* The bgp process: start, signals, reload, the children's deaths, the ordered stop. */
#include "bgpd-lite/daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "bgpd-lite/configure.h"
#include "bgpd-lite/ctl/control.h"
#include "bgpd-lite/last_exit.h"
#include "bgpd-lite/neighbor.h"
#include "bgpd-lite/plain_mark.h"
#include "conf/files.h"
#include "lib/clock.h"
#include "lib/log.h"

#define STOP_STEP_S 5.0 /* patience with one child at the stop */

enum {
	EXIT_CONFIG = 78,
};

/* ---- what an earlier life left in the kernel ---- */

static bool all_have_said_all(const struct daemon *d)
{
	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct neighbor *n = d->neighbors[i];
		struct session_info info;
		if (n->waiting[0] || neighbor_is_shutdown(n) || n->conf->local_speaker)
			continue; /* it will not start by itself, or has no routes for us */
		session_info(n->session, &info);
		if (info.state != FSM_ESTABLISHED || (info.families & ~n->end_of_rib))
			return false;
	}
	return true;
}

void daemon_end_of_rib(struct daemon *d)
{
	if (d->applied && d->sweep == DAEMON_SWEEP_WAITS && all_have_said_all(d)) {
		d->sweep = DAEMON_SWEEP_DUE;
		fibc_kick(d);
	}
}

static void on_sweep_timer(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct daemon *d = w->data;
	(void)loop;
	(void)events;
	if (d->sweep != DAEMON_SWEEP_WAITS)
		return;
	log_info("deferral timer ended: routes of an earlier life that nobody announced again go");
	d->sweep = DAEMON_SWEEP_DUE;
	fibc_kick(d);
}

void daemon_rib_at_rest(struct daemon *d)
{
	struct chan_head sweep = {FIB_CHANNEL_VERSION, FIB_MSG_SWEEP, 1};
	if (d->applied) {
		rules_sync(d);
		announcer_rib_at_rest(d->announcer);
	}
	healing_tell(d);
	budget_at_rest(d);
	if (d->sweep != DAEMON_SWEEP_DUE || !adopt_end(d))
		return;
	d->sweep = DAEMON_SWEEP_DONE;
	ev_timer_stop(d->loop, &d->sweep_timer);
	rib_out_push(d->rib, &sweep, sizeof(sweep));
	fibc_kick(d);
	for (size_t i = 0; i < d->neighbors_n; i++)
		graceful_say(d->neighbors[i]); /* the restart is over */
}

/* ---- the host ---- */

void daemon_host_known(struct daemon *d)
{
	configure_links_changed(d); /* what was read at first knew of none */
	struct conf *first = d->conf;
	d->conf = NULL;
	d->applied = true;
	d->host_kept = graceful_host_kept(d->options.state_dir);
	adopt_begin(d);
	apply_conf(d, first, false);
	adopt_list(d);
	ev_timer_set(&d->sweep_timer, d->conf->bgp.deferral_time_s, 0);
	ev_timer_start(d->loop, &d->sweep_timer);
	d->reload = (struct reload_result){
		.at_realtime_ns = clock_realtime_ns(), .ok = configure_all_in_force(d)};
	log_event(LOG_LEVEL_INFO, LOG_ID_STARTED, "started neighbors=%zu", d->neighbors_n);
	events_add(&d->events, clock_realtime_ns(), EVENT_DAEMON, "", "started, %zu neighbours",
		d->neighbors_n);
	drop_ins_update(d);
	service_ready(d);
	daemon_end_of_rib(d);
}

void daemon_links_changed(struct daemon *d)
{
	if (!d->applied || d->stop != DAEMON_RUNS)
		return;
	rib_links_changed(d->rib);
	rules_sync(d);
	identity_choose(d);
	bool moved = follow_links_changed(d);
	for (size_t i = 0; i < d->neighbors_n; i++)
		neighbor_links_changed(d->neighbors[i]);
	if (moved)
		announcer_update(d->announcer);
	announcer_addresses_changed(d->announcer);
	unnumbered_sync(d);
	listeners_sync(d);
	configure_links_changed(d);
}

/* ---- stop ---- */

static void stop_fib(struct daemon *d)
{
	d->stop = DAEMON_STOPS_FIB;
	ev_timer_stop(d->loop, &d->stop_timer);
	bool drained = d->drain.state != DRAIN_NONE; /* nobody shall keep what we announced */
	for (size_t i = 0; i < d->neighbors_n; i++)
		session_stop(d->neighbors[i]->session,
			d->stop_withdraws || drained ? BGP_CEASE_ADMIN_SHUTDOWN : 0,
			drained ? d->drain.text : NULL);
	fibc_stop(d, d->stop_withdraws);
	ev_timer_set(&d->stop_timer, STOP_STEP_S, 0);
	ev_timer_start(d->loop, &d->stop_timer);
	if (d->fib.pid == 0)
		ev_break(d->loop, EVBREAK_ALL);
}

void daemon_stop(struct daemon *d, int exit_code, bool withdraw)
{
	if (d->stop != DAEMON_RUNS)
		return;
	log_event(LOG_LEVEL_INFO, LOG_ID_STOPPED, "stopping routes=%s",
		withdraw ? "withdrawn" : "kept");
	events_add(&d->events, clock_realtime_ns(), EVENT_DAEMON, "", "stopping, routes %s",
		withdraw ? "withdrawn" : "kept");
	drain_stop(d);
	d->stop = DAEMON_STOPS_BFD;
	d->stop_withdraws = withdraw;
	if (withdraw)
		graceful_host_forget(d->options.state_dir);
	d->exit_code = exit_code;
	service_stopping(d);
	bfdc_stop(d);
	ev_timer_set(&d->stop_timer, STOP_STEP_S, 0);
	ev_timer_start(d->loop, &d->stop_timer);
	/* Routes that go do not wait for BFD: it has sent AdminDown and needs no more of us. */
	if (d->bfd.pid == 0 || withdraw)
		stop_fib(d);
}

static void on_stop_timer(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct daemon *d = w->data;
	struct child *late = d->stop == DAEMON_STOPS_BFD ? &d->bfd : &d->fib;

	(void)events;
	log_warn("stop process=%s reason=\"it does not end; killed\"", late->name);
	d->exit_code = d->exit_code ? d->exit_code : EXIT_FAILURE;
	if (late->pid > 0)
		kill(late->pid, SIGKILL);
	if (d->stop == DAEMON_STOPS_BFD)
		stop_fib(d);
	else
		ev_break(loop, EVBREAK_ALL);
}

static void child_ended(struct daemon *d, struct child *child, int status)
{
	child->pid = 0;
	if (d->stop == DAEMON_RUNS || child->failed) {
		snprintf(d->stop_why, sizeof(d->stop_why), "the process %s %s %d", child->name,
			WIFSIGNALED(status) ? "died of signal" : "ended with exit code",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		if (WIFSIGNALED(status))
			log_event(LOG_LEVEL_ERR, LOG_ID_PROCESS_ENDED,
				"process died process=%s signal=%d", child->name, WTERMSIG(status));
		else
			log_event(LOG_LEVEL_ERR, LOG_ID_PROCESS_ENDED,
				"process ended process=%s exit=%d", child->name,
				WEXITSTATUS(status));
		/* A child that could not start says by its code that it lacked a capability. */
		if (WIFEXITED(status) && WEXITSTATUS(status) > 1)
			d->exit_code = WEXITSTATUS(status);
		daemon_stop(d, d->exit_code ? d->exit_code : EXIT_FAILURE, false);
	}
	if (child == &d->bfd && d->stop == DAEMON_STOPS_BFD)
		stop_fib(d);
	else if (child == &d->fib && d->stop == DAEMON_STOPS_FIB)
		ev_break(d->loop, EVBREAK_ALL);
}

static void on_child(struct ev_loop *loop, struct ev_child *w, int events)
{
	struct daemon *d = w->data;
	(void)events;
	ev_child_stop(loop, w);
	child_ended(d, w == &d->child_fib ? &d->fib : &d->bfd, w->rstatus);
}

static void on_signal(struct ev_loop *loop, struct ev_signal *w, int events)
{
	struct daemon *d = w->data;
	(void)loop;
	(void)events;
	if (w->signum == SIGHUP) {
		configure_reload(d, &(struct configure_ask){.origin = "SIGHUP"});
	} else if (d->stop == DAEMON_RUNS) {
		snprintf(d->stop_why, sizeof(d->stop_why), "stopped by SIG%s",
			sigabbrev_np(w->signum));
		if (!drain_before_stop(d))
			daemon_stop(d, EXIT_SUCCESS, false);
	}
}

/* ---- start ---- */

static void watch_signal(struct daemon *d, struct ev_signal *w, int signum)
{
	ev_signal_init(w, on_signal, signum);
	w->data = d;
	ev_signal_start(d->loop, w);
}

static void watch_child(struct daemon *d, struct ev_child *w, pid_t pid)
{
	ev_child_init(w, on_child, pid, 0);
	w->data = d;
	ev_child_start(d->loop, w);
}

static void watch(struct daemon *d)
{
	signal(SIGPIPE, SIG_IGN);
	watch_signal(d, &d->sig_hup, SIGHUP);
	watch_signal(d, &d->sig_term, SIGTERM);
	watch_signal(d, &d->sig_int, SIGINT);
	stall_start(&d->stall, d->loop);
	drain_init(d);
	watch_child(d, &d->child_fib, d->fib.pid);
	watch_child(d, &d->child_bfd, d->bfd.pid);
	ev_timer_init(&d->stop_timer, on_stop_timer, STOP_STEP_S, 0);
	ev_timer_init(&d->sweep_timer, on_sweep_timer, 0, 0);
	d->stop_timer.data = d->sweep_timer.data = d;
}

static void configure_fib(struct daemon *d)
{
	const struct conf_kernel *k = &d->conf->kernel;
	struct fib_msg_config m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_CONFIG, 1},
		.metric = k->metric,
		.nexthop_id_first = k->nexthop_id_first,
		.nexthop_id_last = k->nexthop_id_last,
		.route_protocol = k->route_protocol,
		.nexthop_protocol = k->nexthop_protocol,
		.adopt = 1,
		.multipath = k->multipath,
		.plain_left = !k->multipath && plain_mark_is_set(d->options.state_dir)};
	if (k->multipath)
		plain_mark_set(d->options.state_dir);
	rib_multipath(d->rib, k->multipath);
	d->fibc.multipath = k->multipath;
	rib_out_push(d->rib, &m, sizeof(m));
	rib_kernel_metric(d->rib, k->metric);
	fibc_kick(d);
}

static void clean_up(struct daemon *d)
{
	control_free(d->control);
	service_stop(d);
	budget_stop(d);
	while (d->neighbors_n) /* one that goes looks at those that are left */
		neighbor_free(d->neighbors[--d->neighbors_n]);
	free(d->neighbors);
	free(d->unnumbered.link);
	bfdc_free(d);
	for (size_t i = 0; i < d->imports_n; i++)
		filter_put(d->imports[i].filter);
	free(d->imports);
	rules_told_free(&d->rules);
	listeners_free(d->listeners);
	announcer_free(d->announcer);
	rib_free(d->rib);
	conf_free(d->conf);
	conf_files_free(d->files);
	drop_ins_stop(d);
	configure_stop(d);
	history_free(&d->history);
	ev_loop_destroy(d->loop);
}

int daemon_run(struct daemon *d)
{
	uint32_t seed = 0;

	if (!configure_start(d)) {
		log_err("start failed reason=\"the configuration cannot be used; see the lines "
			"above, or "
			"run bgpd-lite --check\"");
		last_exit_ended(d->options.state_dir, EXIT_CONFIG,
			"the configuration cannot be used; see bgpd-lite --check");
		return EXIT_CONFIG;
	}
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (uint32_t)clock_ns();
	d->loop = ev_default_loop(EVFLAG_NOENV);
	d->rib = d->loop ? rib_new(seed) : NULL;
	d->announcer = d->rib ? announcer_new(d, seed) : NULL;
	d->listeners = d->announcer ? listeners_new(d->loop) : NULL;
	if (!d->listeners) {
		log_err("start failed reason=\"out of memory\"");
		return EXIT_FAILURE;
	}
	d->started_ms = clock_ms();
	d->started_realtime_ns = clock_realtime_ns();
	watch(d);
	fibc_start(d);
	adopt_start(d);
	budget_start(d);
	bfdc_start(d);
	configure_fib(d);
	d->control = control_new(d);
	last_exit_started(d->options.state_dir);
	service_start(d);
	ev_run(d->loop, 0);
	log_info("stopped exit=%d", d->exit_code);
	int exit_code = d->exit_code;
	last_exit_ended(d->options.state_dir, exit_code, d->stop_why);
	clean_up(d);
	return exit_code;
}
