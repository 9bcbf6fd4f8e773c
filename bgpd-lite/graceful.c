/* Graceful restart (RFC 4724, 8538): what we tell the neighbour, and the routes of one that
 * restarts. Its rib peer and incarnation live on while it is away, so the kernel sees nothing of
 * it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgpd-lite/neighbor.h"
#include "lib/clock.h"
#include "lib/log.h"

/* ---- what we say ---- */

struct graceful_said graceful_said(const struct conf_neighbor *c)
{
	return (struct graceful_said){c->graceful, c->restart_time_s, c->long_lived_stale_time_s};
}

void graceful_say(struct neighbor *n)
{
	const struct daemon *d = n->daemon;
	const struct conf_neighbor *c = n->conf;
	struct bgp_graceful say = {.present = c->graceful != CONF_GRACEFUL_OFF};

	if (say.present) {
		say.notification = true;
		say.time_s = c->restart_time_s;
	}
	if (c->graceful == CONF_GRACEFUL_FULL) {
		say.families = (c->families & CONF_FAMILY_IPV4 ? BGP_FAMILY_IPV4 : 0u) |
			       (c->families & CONF_FAMILY_IPV6 ? BGP_FAMILY_IPV6 : 0u);
		say.restarted = d->host_kept && d->sweep != DAEMON_SWEEP_DONE;
		/* the kernel has kept the routes of an earlier session, or of an earlier life */
		say.forwarding = d->host_kept || n->incarnation ? say.families : 0;
	}
	session_graceful(n->session, &say);
}

/* The kernel's routes outlive us, but not the host's boot: the id of the last one is kept. */
static ssize_t read_id(const char *path, char out[64])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, 63);
	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = 0;
	return n;
}

/* The unit's processes see nothing of /proc but processes (ProcSubset=pid): it says the id. */
static ssize_t boot_id(char out[64])
{
	const char *said = getenv("BGPD_LITE_BOOT_ID");

	if (!said || !*said)
		return read_id("/proc/sys/kernel/random/boot_id", out);
	int n = snprintf(out, 64, "%s", said);
	return n < 64 ? n : 63;
}

bool graceful_host_kept(const char *state_dir)
{
	char path[PATH_MAX], now[64], before[64];

	snprintf(path, sizeof(path), "%s/boot-id", state_dir);
	ssize_t n = boot_id(now);
	if (n <= 0)
		return false;
	if (read_id(path, before) == n && strcmp(before, now) == 0)
		return true;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0 || write(fd, now, (size_t)n) != n)
		log_warn("boot id not kept file=%s reason=\"%s\"", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

void graceful_host_forget(const char *state_dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/boot-id", state_dir);
	unlink(path);
}

/* ---- the neighbour restarts ---- */

static void timer_start(struct ev_loop *loop, struct ev_timer *w, uint64_t *end_ms, unsigned s)
{
	ev_timer_stop(loop, w);
	ev_now_update(loop);
	ev_timer_set(w, s, 0);
	ev_timer_start(loop, w);
	*end_ms = clock_ms() + 1000ULL * s;
}

static void restart_stop(struct neighbor *n)
{
	ev_timer_stop(n->daemon->loop, &n->graceful.restart);
	n->graceful.restart_ms = 0;
}

/* ---- long-lived, RFC 9494 4 ---- */

static const uint32_t each[] = {BGP_FAMILY_IPV4, BGP_FAMILY_IPV6};

/* How long routes of that family may be kept so. */
static uint32_t long_time_s(const struct neighbor *n, int which)
{
	const struct bgp_long_lived *asked = &n->graceful.asked;
	uint32_t ours = n->conf->long_lived_stale_time_s;
	uint32_t theirs = asked->families & each[which] ? asked->time_s[which] : 0;

	return theirs < ours ? theirs : ours;
}

static uint32_t long_families(const struct neighbor *n)
{
	uint32_t families = 0;

	/* a service address that lasts where its speaker does not come back would be a trap */
	for (int i = 0; i < 2 && !n->speaker; i++)
		families |= long_time_s(n, i) ? each[i] : 0;
	return families;
}

static void long_stop(struct neighbor *n, uint32_t families)
{
	struct graceful *g = &n->graceful;

	for (int i = 0; i < 2; i++) {
		if (!(families & each[i]))
			continue;
		ev_timer_stop(n->daemon->loop, &g->lasting[i]);
		g->long_ms[i] = 0;
	}
	g->long_lived &= ~families;
}

static void patience_stop(struct graceful *g, struct ev_loop *loop)
{
	ev_timer_stop(loop, &g->patience);
	g->patience_ms = 0;
}

/* Their own time bounds them from now on. */
static void long_begin(struct neighbor *n, uint32_t families)
{
	struct graceful *g = &n->graceful;

	for (int i = 0; i < 2; i++)
		if (families & each[i])
			timer_start(
				n->daemon->loop, &g->lasting[i], &g->long_ms[i], long_time_s(n, i));
	if (!families)
		return;
	log_info("stale routes are the last choice neighbor=\"%s\" reason=\"long-lived graceful "
		 "restart\"",
		n->conf->name);
	g->long_lived |= families;
	rib_peer_long_lived(n->daemon->rib, n->peer, families);
	fibc_kick(n->daemon);
}

void graceful_stop(struct neighbor *n)
{
	long_stop(n, BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6);
	restart_stop(n);
	ev_timer_stop(n->daemon->loop, &n->graceful.patience);
	n->graceful.patience_ms = 0;
	n->graceful.held = false;
	n->graceful.stale = 0;
}

void graceful_drop(struct neighbor *n, enum fib_cause cause, const char *why)
{
	struct daemon *d = n->daemon;

	log_info("stale routes go neighbor=\"%s\" reason=\"%s\"", n->conf->name, why);
	graceful_stop(n);
	if (n->speaker)
		speaker_down(n);
	if (d->stop != DAEMON_RUNS || n->peer == RIB_NO_PEER)
		return;
	if (cause != FIB_CAUSE_BFD) /* bfd has told fib of its own losses already */
		fibc_session_down(d, n->incarnation, cause);
	rib_peer_down(d->rib, n->peer, cause);
	n->peer = RIB_NO_PEER;
	fibc_kick(d);
	liveness_update(n);
}

static void stale_end(struct neighbor *n, uint32_t families)
{
	struct graceful *g = &n->graceful;

	long_stop(n, families);
	if (n->speaker)
		speaker_drop_stale(n, families);
	else
		rib_peer_drop_stale(n->daemon->rib, n->peer, families);
	fibc_kick(n->daemon);
	g->stale &= ~families;
	if (!g->stale)
		patience_stop(g, n->daemon->loop);
}

static void on_restart(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct neighbor *n = w->data;
	uint32_t lasting = n->graceful.stale & long_families(n);

	(void)events;
	if (!lasting) {
		graceful_drop(n, FIB_CAUSE_SESSION, "its restart time ended");
		return;
	}
	restart_stop(n);
	stale_end(n, n->graceful.stale & ~lasting);
	patience_stop(&n->graceful, loop);
	long_begin(n, lasting & ~n->graceful.long_lived);
}

static void on_lasting(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct neighbor *n = w->data;
	struct graceful *g = &n->graceful;
	uint32_t family = w == &g->lasting[0] ? BGP_FAMILY_IPV4 : BGP_FAMILY_IPV6;

	(void)loop;
	(void)events;
	if (g->held && g->stale == family) {
		graceful_drop(n, FIB_CAUSE_SESSION, "its long-lived stale time ended");
		return;
	}
	log_info("stale routes go neighbor=\"%s\" reason=\"long-lived stale time ended\"",
		n->conf->name);
	stale_end(n, family);
}

static void on_patience(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct neighbor *n = w->data;

	(void)loop;
	(void)events;
	if (n->graceful.held) {
		graceful_drop(n, FIB_CAUSE_SESSION, "stale-time ended");
		return;
	}
	log_info("stale routes go neighbor=\"%s\" reason=\"stale-time ended without End-of-RIB\"",
		n->conf->name);
	stale_end(n, n->graceful.stale);
}

void graceful_init(struct neighbor *n)
{
	ev_timer_init(&n->graceful.restart, on_restart, 0, 0);
	ev_timer_init(&n->graceful.patience, on_patience, 0, 0);
	n->graceful.restart.data = n->graceful.patience.data = n;
	for (int i = 0; i < 2; i++) {
		ev_timer_init(&n->graceful.lasting[i], on_lasting, 0, 0);
		n->graceful.lasting[i].data = n;
	}
}

/* RFC 4724 4.2, 8538 4: a loss of TCP; where both say N also other ends, but no hard reset. What we
 * end on purpose, and what BFD ends, never. */
static bool cause_keeps(const struct graceful *g, enum session_down_cause cause)
{
	switch (cause) {
	case SESSION_DOWN_TCP:
		return true;
	case SESSION_DOWN_HOLD_TIMER:
	case SESSION_DOWN_SEND_HOLD_TIMER:
	case SESSION_DOWN_RECEIVED:
	case SESSION_DOWN_SENT:
		return g->ours.notification && g->theirs.notification;
	case SESSION_DOWN_HARD:
	case SESSION_DOWN_LOCAL:
	case SESSION_DOWN_BFD:
		return false;
	}
	return false;
}

bool graceful_keep(struct neighbor *n, enum session_down_cause cause)
{
	struct graceful *g = &n->graceful;
	struct ev_loop *loop = n->daemon->loop;

	uint32_t restarts = g->theirs.time_s ? g->families : 0, lasting = long_families(n);

	if (!(restarts | lasting) || !cause_keeps(g, cause))
		return false;
	log_info("neighbor restarts neighbor=\"%s\" restart_time=%u stale_time=%u", n->conf->name,
		g->theirs.time_s, n->conf->stale_time_s);
	if (n->speaker)
		speaker_stale(n, restarts);
	else
		rib_peer_stale(n->daemon->rib, n->peer, restarts | lasting);
	g->held = true;
	g->stale = restarts | lasting;
	long_stop(n, BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6);
	if (restarts) {
		timer_start(loop, &g->restart, &g->restart_ms, g->theirs.time_s);
		timer_start(loop, &g->patience, &g->patience_ms, n->conf->stale_time_s);
	}
	long_begin(n, lasting & ~restarts);
	fibc_kick(n->daemon);
	return true;
}

/* Families whose stale routes may stay; false: the peer is another now. */
static bool take_back(
	struct neighbor *n, const struct rib_peer *p, uint32_t forwarding, uint32_t *kept)
{
	struct graceful *g = &n->graceful;

	if (!n->speaker) {
		*kept = forwarding;
		return rib_peer_back(n->daemon->rib, n->peer, p, forwarding);
	}
	*kept = g->families;
	speaker_drop_stale(n, ~g->families);
	return true;
}

bool graceful_back(struct neighbor *n, const struct session_info *info, const struct rib_peer *p)
{
	struct graceful *g = &n->graceful;
	const struct bgp_graceful *theirs = &info->peer.graceful;
	bool both = theirs->present && info->graceful.present;
	const struct bgp_long_lived *asked = &info->peer.long_lived;
	uint32_t kept = (theirs->forwarding & ~g->long_lived) | (asked->forwarding & g->long_lived);

	kept = both ? kept & info->families : 0;
	g->ours = info->graceful;
	g->asked = (struct bgp_long_lived){0};
	if (both) /* RFC 9494 4.1: nothing without the other capability */
		g->asked = *asked;
	g->asked.families &= info->families;
	g->theirs = *theirs;
	g->families = both ? theirs->families & info->families : 0;
	if (!g->held || !take_back(n, p, kept, &kept))
		return false;
	g->held = false;
	g->stale &= kept;
	long_stop(n, ~kept);
	restart_stop(n);
	stale_end(n, 0);
	return true;
}

void graceful_end_of_rib(struct neighbor *n, uint32_t families)
{
	if (n->graceful.stale & families)
		stale_end(n, families);
}
