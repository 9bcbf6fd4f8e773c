#include "bgpd-lite/listen.h"

#include "bgpd-lite/tcp.h"
#include "lib/clock.h"
#include "lib/log.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ACCEPTS_MAX = 64, /* a wake-up */
	RETRY_S = 1,
	WARN_AFTER_MS = 5000,
	STRANGER_LOG_MS = 10000,
};

/* A neighbour whose TCP-MD5 key the listener has, or should have. */
struct key {
	struct addr addr;
	bool in_force;
	bool wanted;
};

struct listener {
	struct listeners *owner;
	struct listener *next;
	char device[16];
	enum addr_family family;
	uint16_t port;
	int fd; /* -1: not open yet */
	bool needed;
	bool warned;
	uint64_t failing_since_ms; /* 0: not failing */
	ev_io readable;
	ev_timer pause; /* out of file descriptors */
	struct key *keys;
	size_t keys_n;
};

struct listeners {
	struct ev_loop *loop;
	struct listener *first;
	struct session **sessions;
	size_t sessions_n;
	ev_timer retry;
	struct log_limit stranger_limit;
	struct log_limit pause_limit;
};

/* ---- accepting ---- */

static bool is_neighbor(
	const struct listener *l, const struct session_conf *c, const struct tcp_end *remote)
{
	if (c->port != l->port || strcmp(c->device, l->device) != 0)
		return false;
	if (c->unnumbered)
		return remote->scope && remote->scope == if_nametoindex(c->interface);
	if (!addr_equal(c->address, remote->addr))
		return false;
	return !remote->scope || remote->scope == if_nametoindex(c->interface);
}

static struct session *neighbor_find(const struct listener *l, int fd, const struct tcp_end *remote)
{
	char device[16];
	/* With net.ipv4.tcp_l3mdev_accept a socket that is bound to no device is given other VRFs'
	 * connections; those of link-local addresses always carry their interface. */
	if (!remote->scope && (tcp_device(fd, device) < 0 || strcmp(device, l->device) != 0))
		return NULL;
	struct session *anybody = NULL; /* whoever is on the link, but for those who are named */
	for (size_t i = 0; i < l->owner->sessions_n; i++) {
		struct session *s = l->owner->sessions[i];
		const struct session_conf *c = session_configuration(s);
		if (!is_neighbor(l, c, remote))
			continue;
		if (!c->unnumbered)
			return s;
		anybody = s;
	}
	return anybody;
}

/* False where a key should protect the connection and does not. */
static bool key_in_force(const struct listener *l, struct addr a)
{
	for (size_t i = 0; i < l->keys_n; i++)
		if (addr_equal(l->keys[i].addr, a))
			return l->keys[i].in_force;
	return false;
}

static void stranger_log(struct listeners *ls, const struct tcp_end *remote, const char *reason)
{
	char text[ADDR_TEXT_MAX];
	unsigned suppressed = 0;
	if (log_allowed(&ls->stranger_limit, 1, STRANGER_LOG_MS, &suppressed))
		log_warn("connection refused from=%s reason=\"%s\" suppressed=%u",
			addr_text(remote->addr, text), reason, suppressed);
}

/* RFC 5082: for what was received before as well as for what comes. */
static bool is_near(int fd, const struct session_conf *c)
{
	uint8_t min = (uint8_t)(255 - (c->hops ? c->hops - 1 : 0));
	uint8_t ttl = 0;
	return tcp_ttl_min_set(fd, c->address.family, min) == 0 &&
	       tcp_handshake_ttl(fd, c->address.family, &ttl) == 0 && ttl >= min;
}

static void admit(struct listener *l, int fd, const struct tcp_end *remote)
{
	struct session *s = neighbor_find(l, fd, remote);
	if (!s) {
		close(fd);
		stranger_log(l->owner, remote, "no such neighbor");
		return;
	}
	const struct session_conf *c = session_configuration(s);
	/* A key is of an address: what came without one says nothing of whose address it is. */
	if (!addr_equal(c->address, remote->addr) &&
		(c->password_len || !session_met(s, remote->addr))) {
		close(fd);
		stranger_log(l->owner, remote, "the neighbor has another address");
		return;
	}
	if ((c->ttl_security && !is_near(fd, c)) ||
		(c->password_len && !key_in_force(l, c->address))) {
		close(fd);
		stranger_log(l->owner, remote, "TTL too low or no TCP-MD5 key in force");
		return;
	}
	if (tcp_accepted(fd, c->address.family) < 0)
		close(fd); /* reset while it waited to be accepted */
	else
		session_accept(s, fd);
}

static void accept_pause(struct listener *l, int err)
{
	unsigned suppressed = 0;
	ev_io_stop(l->owner->loop, &l->readable);
	ev_timer_set(&l->pause, RETRY_S, 0.);
	ev_timer_start(l->owner->loop, &l->pause);
	if (log_allowed(&l->owner->pause_limit, 1, STRANGER_LOG_MS, &suppressed))
		log_err("accept paused port=%u error=\"%s\" suppressed=%u", l->port, strerror(-err),
			suppressed);
}

static bool is_shortage(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOBUFS || err == -ENOMEM;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct listener *l = w->data;
	for (int i = 0; i < ACCEPTS_MAX && l->fd >= 0; i++) {
		struct tcp_end remote;
		int fd;
		int err = tcp_accept(l->fd, &fd, &remote);
		if (err == -EAGAIN)
			return;
		if (is_shortage(err)) {
			accept_pause(l, err);
			return;
		}
		if (!err)
			admit(l, fd, &remote);
	}
}

static void on_pause_end(struct ev_loop *loop, ev_timer *w, int events)
{
	struct listener *l = w->data;
	if (l->fd >= 0)
		ev_io_start(loop, &l->readable);
}

/* ---- keys ---- */

static struct key *key_slot(struct listener *l, struct addr a)
{
	for (size_t i = 0; i < l->keys_n; i++)
		if (addr_equal(l->keys[i].addr, a))
			return &l->keys[i];
	struct key *keys = realloc(l->keys, (l->keys_n + 1) * sizeof(*keys));
	if (!keys)
		abort();
	l->keys = keys;
	keys[l->keys_n] = (struct key){.addr = a};
	return &keys[l->keys_n++];
}

static bool session_uses(const struct session_conf *c, const struct listener *l)
{
	return c->port == l->port && c->address.family == l->family &&
	       strcmp(c->device, l->device) == 0;
}

static void key_set(struct listener *l, const struct session_conf *c)
{
	struct key *k = key_slot(l, c->address);
	char text[ADDR_TEXT_MAX];
	k->wanted = true;
	int err = tcp_md5_set(l->fd, c->address, c->password, c->password_len);
	if (err && (k->in_force || !l->warned)) {
		log_err("TCP-MD5 key not set neighbor=%s error=\"%s\"", addr_text(c->address, text),
			strerror(-err));
		l->warned = true;
	}
	k->in_force = err == 0;
}

/* Sets the keys of those that have one, takes away those of neighbours that have none any more. */
static void keys_update(struct listener *l)
{
	size_t kept = 0;
	if (l->fd < 0)
		return;
	for (size_t i = 0; i < l->keys_n; i++)
		l->keys[i].wanted = false;
	for (size_t i = 0; i < l->owner->sessions_n; i++) {
		const struct session_conf *c = session_configuration(l->owner->sessions[i]);
		if (c->password_len && session_uses(c, l) && !addr_is_unspecified(c->address))
			key_set(l, c);
	}
	for (size_t i = 0; i < l->keys_n; i++) {
		if (l->keys[i].wanted)
			l->keys[kept++] = l->keys[i];
		else if (l->keys[i].in_force)
			tcp_md5_set(l->fd, l->keys[i].addr, NULL, 0);
	}
	l->keys_n = kept;
}

/* ---- opening and closing ---- */

static void shut(struct listener *l)
{
	ev_io_stop(l->owner->loop, &l->readable);
	ev_timer_stop(l->owner->loop, &l->pause);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->keys_n = 0;
}

static void failing_note(struct listener *l, int err)
{
	uint64_t now = clock_ms();
	if (!l->failing_since_ms)
		l->failing_since_ms = now;
	if (l->warned || now - l->failing_since_ms < WARN_AFTER_MS)
		return;
	l->warned = true;
	log_warn("not listening port=%u family=%s device=\"%s\" error=\"%s\"", l->port,
		l->family == ADDR_V4 ? "ipv4" : "ipv6", l->device, strerror(-err));
}

static void open_try(struct listener *l)
{
	int fd;
	int err = tcp_listen(l->family, l->device, l->port, &fd);
	if (err) {
		failing_note(l, err);
		return;
	}
	if (l->warned)
		log_info("listening again port=%u device=\"%s\"", l->port, l->device);
	l->fd = fd;
	l->warned = false;
	l->failing_since_ms = 0;
	/* Nobody is accepted before the loop runs again: the keys are in force first. */
	keys_update(l);
	ev_io_set(&l->readable, fd, EV_READ);
	ev_io_start(l->owner->loop, &l->readable);
}

static struct listener *listener_get(struct listeners *ls, const struct session_conf *c)
{
	for (struct listener *l = ls->first; l; l = l->next)
		if (session_uses(c, l))
			return l;
	struct listener *l = calloc(1, sizeof(*l));
	if (!l)
		abort();
	l->owner = ls;
	l->fd = -1;
	l->family = c->address.family;
	l->port = c->port;
	memcpy(l->device, c->device, sizeof(l->device));
	ev_init(&l->readable, on_readable);
	ev_init(&l->pause, on_pause_end);
	l->readable.data = l->pause.data = l;
	l->next = ls->first;
	ls->first = l;
	return l;
}

static void unneeded_drop(struct listeners *ls)
{
	struct listener **at = &ls->first;
	while (*at) {
		struct listener *l = *at;
		if (l->needed) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		shut(l);
		free(l->keys);
		free(l);
	}
}

/* Opens what can be opened; the timer runs while something is missing. */
static size_t missing_open(struct listeners *ls)
{
	size_t missing = 0;
	for (struct listener *l = ls->first; l; l = l->next) {
		if (l->fd < 0)
			open_try(l);
		missing += l->fd < 0;
	}
	if (missing)
		ev_timer_start(ls->loop, &ls->retry);
	else
		ev_timer_stop(ls->loop, &ls->retry);
	return missing;
}

static void on_retry(struct ev_loop *loop, ev_timer *w, int events)
{
	missing_open(w->data);
}

struct listeners *listeners_new(struct ev_loop *loop)
{
	struct listeners *ls = calloc(1, sizeof(*ls));
	if (!ls)
		abort();
	ls->loop = loop;
	ev_timer_init(&ls->retry, on_retry, RETRY_S, RETRY_S);
	ls->retry.data = ls;
	return ls;
}

void listeners_free(struct listeners *ls)
{
	if (!ls)
		return;
	for (struct listener *l = ls->first; l; l = l->next)
		l->needed = false;
	unneeded_drop(ls);
	ev_timer_stop(ls->loop, &ls->retry);
	free(ls->sessions);
	free(ls);
}

static void sessions_take(struct listeners *ls, struct session *const *sessions, size_t n)
{
	free(ls->sessions);
	ls->sessions = NULL;
	ls->sessions_n = n;
	if (n == 0)
		return;
	ls->sessions = calloc(n, sizeof(struct session *));
	if (!ls->sessions)
		abort();
	for (size_t i = 0; i < n; i++)
		ls->sessions[i] = sessions[i];
}

size_t listeners_update(struct listeners *ls, struct session *const *sessions, size_t n)
{
	sessions_take(ls, sessions, n);
	for (struct listener *l = ls->first; l; l = l->next)
		l->needed = false;
	for (size_t i = 0; i < n; i++)
		listener_get(ls, session_configuration(sessions[i]))->needed = true;
	unneeded_drop(ls);
	for (struct listener *l = ls->first; l; l = l->next)
		keys_update(l);
	return missing_open(ls);
}

void listeners_device_gone(struct listeners *ls, const char *device)
{
	for (struct listener *l = ls->first; l; l = l->next)
		if (l->device[0] && strcmp(l->device, device) == 0)
			shut(l);
	missing_open(ls);
}
