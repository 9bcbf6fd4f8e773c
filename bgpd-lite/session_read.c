/* Bytes from the peer: framing, decoding, and what a message means to the state machine. */
#include "bgpd-lite/session_priv.h"

#include "lib/wire.h"

#include "bgpd-lite/bgp/collision.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void closed_happen(struct conn *c, int err)
{
	char text[SESSION_TEXT_MAX];
	if (err)
		snprintf(text, sizeof(text), "read: %s", strerror(err));
	else
		snprintf(text, sizeof(text), "closed by the peer");
	conn_happen(
		c, &(struct happening){
			   .event = FSM_EVENT_TCP_CLOSED, .cause = SESSION_DOWN_TCP, .text = text});
}

/* The peer made a mistake: `event` with what to send. who: "OPEN", "" for none. */
static void bad_happen(struct conn *c, enum fsm_event event, uint8_t type,
	const struct bgp_error *error, const char *detail)
{
	char name[96];
	char text[SESSION_TEXT_MAX];
	bgp_error_text(error->code, error->subcode, name, sizeof(name));
	snprintf(text, sizeof(text), "%s%s%s", name, detail[0] ? ": " : "", detail);
	conn_happen(c, &(struct happening){.event = event,
			       .cause = SESSION_DOWN_SENT,
			       .error = error,
			       .type = type,
			       .text = text});
}

/* ---- OPEN ---- */

/* No family in common: 2/7 with the capabilities that we need (RFC 5492 3). */
static void families_unsupported(struct conn *c)
{
	uint8_t data[12];
	struct bgp_error error = {
		.code = BGP_ERROR_OPEN, .subcode = BGP_OPEN_CAPABILITY, .data = data};
	for (uint8_t f = BGP_FAMILY_IPV4; f <= BGP_FAMILY_IPV6; f = (uint8_t)(f << 1)) {
		if (!(c->session->conf.families & f))
			continue;
		const uint8_t mp[] = {1, 4, 0, f == BGP_FAMILY_IPV4 ? 1 : 2, 0, 1};
		memcpy(data + error.data_len, mp, sizeof(mp));
		error.data_len = (uint16_t)(error.data_len + sizeof(mp));
	}
	char text[SESSION_TEXT_MAX];
	snprintf(text, sizeof(text), "no common family: we want %s",
		families_text(c->session->conf.families));
	bad_happen(c, FSM_EVENT_OPEN_BAD, BGP_TYPE_OPEN, &error, text);
}

static void open_refused(
	struct conn *c, const uint8_t *body, size_t len, const struct bgp_error *error)
{
	const struct session_conf *conf = &c->session->conf;
	const struct bgp_open_expect any = {.local_as = conf->local_as,
		.external = true,
		.internal = true,
		.local_id = conf->router_id};
	char text[SESSION_TEXT_MAX] = "";
	struct bgp_open open;
	struct bgp_error ignored;
	if (error->code == BGP_ERROR_OPEN && error->subcode == BGP_OPEN_PEER_AS &&
		bgp_open_decode(body, len, &any, &open, &ignored)) {
		if (conf->remote_as)
			snprintf(
				text, sizeof(text), "AS %u, expected %u", open.as, conf->remote_as);
		else
			snprintf(text, sizeof(text), "AS %u is not %s to AS %u", open.as,
				conf->external ? "external" : "internal", conf->local_as);
	}
	if (error->code == BGP_ERROR_OPEN && error->subcode == BGP_OPEN_ROLE &&
		bgp_open_decode(body, len, &any, &open, &ignored))
		snprintf(text, sizeof(text), "we are %s, the neighbour says %s",
			bgp_role_text(conf->role), bgp_role_text(open.role));
	bad_happen(c, FSM_EVENT_OPEN_BAD, BGP_TYPE_OPEN, error, text);
}

/* Two connections and the peer known: one goes (RFC 4271 6.8). True: this one stays. */
static bool collision_settle(struct conn *c)
{
	const struct session_conf *conf = &c->session->conf;
	struct conn *other = conn_other(c);
	unsigned life = c->life;
	const struct collision collision = {.incoming = c->incoming,
		.other = other->state,
		.local_id = addr_u32(conf->router_id),
		.remote_id = addr_u32(c->peer.id),
		.local_as = conf->local_as,
		.remote_as = c->peer.as};
	switch (collision_decide(&collision)) {
	case COLLISION_NONE:
		return true;
	case COLLISION_CLOSE_OTHER:
		if (other->state >= FSM_OPEN_SENT)
			c->session->counters.refused_n++;
		conn_event(other, FSM_EVENT_COLLISION_DUMP, SESSION_DOWN_LOCAL);
		return c->life == life;
	case COLLISION_CLOSE_THIS:
		c->session->counters.refused_n++;
		conn_event(c, FSM_EVENT_COLLISION_DUMP, SESSION_DOWN_LOCAL);
		return false;
	}
	return false;
}

static void handle_open(struct conn *c, const uint8_t *body, size_t len)
{
	const struct session_conf *conf = &c->session->conf;
	const struct bgp_open_expect expect = {.local_as = conf->local_as,
		.remote_as = conf->remote_as,
		.external = conf->external,
		.internal = conf->internal,
		.local_id = conf->router_id,
		.role = conf->role,
		.role_strict = conf->role_strict};
	struct bgp_error error = {0};
	struct bgp_open open;
	if (c->state != FSM_OPEN_SENT) {
		conn_happen(c, &(struct happening){.event = FSM_EVENT_OPEN,
				       .cause = SESSION_DOWN_SENT,
				       .type = BGP_TYPE_OPEN});
		return;
	}
	if (!bgp_open_decode(body, len, &expect, &open, &error)) {
		open_refused(c, body, len, &error);
		return;
	}
	c->peer = open;
	c->peer_known = true;
	c->families = conf->families & (open.has_multiprotocol ? open.families : BGP_FAMILY_IPV4);
	c->extended_next_hop = conf->extended_next_hop ? c->families & open.extended_next_hop : 0;
	c->add_path = conf->add_path ? c->families & open.add_path_send : 0;
	if (c->families == 0) {
		families_unsupported(c);
		return;
	}
	c->enhanced_refresh = conf->enhanced_refresh && open.enhanced_refresh;
	c->extended_out = c->extended_in && open.extended_message;
	c->hold_time_s = fsm_hold_time_s(conf->hold_time_s, open.hold_time_s);
	c->keepalive_time_s = fsm_keepalive_time_s(conf->keepalive_time_s, c->hold_time_s);
	if (collision_settle(c))
		conn_happen(c, &(struct happening){.event = FSM_EVENT_OPEN,
				       .cause = SESSION_DOWN_SENT,
				       .type = BGP_TYPE_OPEN});
}

/* ---- the other messages ---- */

static void handle_update(struct conn *c, const uint8_t *body, size_t len)
{
	struct session *s = c->session;
	static struct bgp_update update; /* of all sessions: its scratch is large */
	struct bgp_update *u = &update;
	struct happening h = {.event = FSM_EVENT_UPDATE,
		.cause = SESSION_DOWN_SENT,
		.type = BGP_TYPE_UPDATE,
		.update = u};
	if (c->state != FSM_ESTABLISHED) {
		conn_happen(c, &h);
		return;
	}
	const struct bgp_update_session session = {.as4 = c->peer.as4,
		.ebgp = c->peer.as != s->conf.local_as,
		.remote_as = c->peer.as,
		.families = c->families,
		.any_next_hop = s->conf.any_next_hop,
		.extended_next_hop = c->extended_next_hop,
		.add_path = c->add_path};
	bgp_update_decode(body, len, &session, u);
	if (u->faults_n)
		session_log_faults(s, u);
	if (u->action != BGP_UPDATE_RESET) {
		conn_happen(c, &h);
		return;
	}
	char detail[SESSION_TEXT_MAX] = "";
	if (u->faults_n)
		snprintf(detail, sizeof(detail), "attribute %u: %s", u->faults[0].attribute,
			u->faults[0].why);
	bad_happen(c, FSM_EVENT_UPDATE_BAD, BGP_TYPE_UPDATE, &u->error, detail);
}

static void handle_refresh(struct conn *c, const uint8_t *body, size_t len)
{
	struct bgp_error error = {0};
	uint32_t family;
	uint8_t subtype;
	if (!bgp_route_refresh_decode(body, len, &family, &subtype, &error)) {
		/* RFC 7313 5: the complete message */
		error.data = body - BGP_HEADER_LEN;
		error.data_len = (uint16_t)(len + BGP_HEADER_LEN);
		bad_happen(c, FSM_EVENT_REFRESH_BAD, BGP_TYPE_ROUTE_REFRESH, &error, "");
		return;
	}
	if (subtype != BGP_REFRESH_REQUEST && !c->enhanced_refresh)
		family = 0;
	conn_happen(c, &(struct happening){.event = FSM_EVENT_REFRESH,
			       .cause = SESSION_DOWN_SENT,
			       .type = BGP_TYPE_ROUTE_REFRESH,
			       .refresh_family = family & c->families,
			       .refresh = (enum bgp_refresh)subtype});
}

static void handle_notification(struct conn *c, const uint8_t *body, size_t len)
{
	struct session *s = c->session;
	struct bgp_notification n = {0};
	char name[96] = "";
	char text[SESSION_TEXT_MAX] = "NOTIFICATION cut short";
	if (bgp_notification_decode(body, len, &n)) {
		bgp_error_text(n.code, n.subcode, name, sizeof(name));
		int room = SESSION_TEXT_MAX - 24 - (int)strlen(name);
		if (n.text[0])
			snprintf(text, sizeof(text), "%s: %.*s", name, room, n.text);
		else
			snprintf(text, sizeof(text), "%s", name);
	}
	bool hard = n.code == BGP_ERROR_CEASE && n.subcode == BGP_CEASE_HARD_RESET;
	snprintf(s->notification_received, sizeof(s->notification_received), "%s", text);
	conn_happen(c, &(struct happening){.event = FSM_EVENT_NOTIFICATION,
			       .cause = hard ? SESSION_DOWN_HARD : SESSION_DOWN_RECEIVED,
			       .type = BGP_TYPE_NOTIFICATION,
			       .notification = name,
			       .text = text});
}

static void handle_message(struct conn *c, uint8_t type, const uint8_t *body, size_t len)
{
	struct session_counters *n = &c->session->counters;
	n->in[0]++;
	if (type <= BGP_TYPE_ROUTE_REFRESH)
		n->in[type]++;
	switch ((enum bgp_type)type) {
	case BGP_TYPE_OPEN:
		handle_open(c, body, len);
		return;
	case BGP_TYPE_UPDATE:
		handle_update(c, body, len);
		return;
	case BGP_TYPE_NOTIFICATION:
		handle_notification(c, body, len);
		return;
	case BGP_TYPE_KEEPALIVE:
		conn_happen(c, &(struct happening){.event = FSM_EVENT_KEEPALIVE,
				       .cause = SESSION_DOWN_SENT,
				       .type = BGP_TYPE_KEEPALIVE});
		return;
	case BGP_TYPE_ROUTE_REFRESH:
		handle_refresh(c, body, len);
		return;
	}
}

/* ---- the buffer ---- */

static struct bgp_frame_rules rules_of(const struct conn *c)
{
	bool up = c->state == FSM_ESTABLISHED;
	/* The small buffer, which has to serve where there is no memory, holds no extended one. */
	return (struct bgp_frame_rules){.enhanced_refresh = up && c->enhanced_refresh,
		.extended = up && c->extended_in && c->in_capacity == CONN_READ_BIG};
}

/* The message that begins there does not fit into the small buffer. */
static bool is_long(const struct conn *c, size_t at)
{
	struct rd r = rd_init(c->in + at, c->in_len - at);

	rd_bytes(&r, 16);
	uint16_t len = rd_u16(&r);
	return !r.err && len > BGP_MESSAGE_MAX && c->state == FSM_ESTABLISHED && c->extended_in;
}

bool conn_has_message(const struct conn *c)
{
	const struct bgp_frame_rules rules = rules_of(c);
	struct bgp_error error = {0};
	uint8_t type;
	uint16_t len;
	return bgp_frame(c->in, c->in_len, &rules, &type, &len, &error) != BGP_FRAME_PARTIAL;
}

void conn_handle(struct conn *c)
{
	const unsigned life = c->life;
	size_t at = 0;

	for (int i = 0; i < CONN_MESSAGES_MAX && !conn_paused(c); i++) {
		if (is_long(c, at))
			conn_read_grow(c);
		const struct bgp_frame_rules rules = rules_of(c);
		struct bgp_error error = {0};
		uint8_t type;
		uint16_t len;
		enum bgp_frame_state state =
			bgp_frame(c->in + at, c->in_len - at, &rules, &type, &len, &error);
		if (state == BGP_FRAME_PARTIAL)
			break;
		if (state == BGP_FRAME_ERROR) {
			bad_happen(c, FSM_EVENT_HEADER_BAD, 0, &error, "");
			return;
		}
		handle_message(c, type, c->in + at + BGP_HEADER_LEN, len - BGP_HEADER_LEN);
		if (c->life != life)
			return;
		at += len;
	}
	c->in_len -= at;
	if (at && c->in_len)
		memmove(c->in, c->in + at, c->in_len);
	conn_reading_update(c);
}

void conn_read(struct conn *c)
{
	if (c->in_len < c->in_capacity) {
		ssize_t n = recv(c->fd, c->in + c->in_len, c->in_capacity - c->in_len, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			closed_happen(c, n < 0 ? errno : 0);
			return;
		}
		if (n > 0) {
			c->in_len += (size_t)n;
			c->session->counters.in_bytes += (uint64_t)n;
		}
	}
	if (c->in_len == c->in_capacity && c->state == FSM_ESTABLISHED)
		conn_read_grow(c);
	conn_handle(c);
}

void conn_read_grow(struct conn *c)
{
	struct session *s = c->session;
	if (!s->big)
		s->big = malloc(CONN_READ_BIG);
	if (!s->big || c->in == s->big)
		return; /* without memory the small one goes on to serve */
	memcpy(s->big, c->in, c->in_len);
	c->in = s->big;
	c->in_capacity = CONN_READ_BIG;
}
