/*
 * Runs BGP sessions by hand, for tests: session-driver KEY=VALUE[,KEY=VALUE]... a neighbour.
 * Keys are those of struct spec_key below. Prints an event a line as JSON; takes commands on stdin:
 *   start|stop|reset|kick|pause|resume|info NAME, stop NAME SUBCODE TEXT,
 *   configure NAME KEY=VALUE,..., refresh NAME FAMILY, flood NAME, bfd NAME, listen, quit
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgpd-lite/listen.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/wire.h"

enum {
	NEIGHBORS_MAX = 16,
};

struct neighbor {
	char name[64];
	bool verbose;
	struct session_conf conf;
	struct session *session;
	uint64_t updates;
	uint64_t reachable;
	uint64_t withdrawn;
};

static struct neighbor neighbors[NEIGHBORS_MAX];
static size_t neighbors_n;
static struct listeners *listeners;
static char input[1024];
static size_t input_len;

/* ---- events ---- */

static const char *as_path_text(const struct attr_bytes *path, char *out, size_t capacity)
{
	struct rd r = rd_init(path->bytes, path->len);
	size_t n = 0;
	out[0] = 0;
	while (rd_left(&r) > 0) {
		(void)rd_u8(&r);
		for (unsigned count = rd_u8(&r); count > 0 && n + 12 < capacity && !r.err; count--)
			n += (size_t)snprintf(
				out + n, capacity - n, "%s%u", n ? " " : "", rd_u32(&r));
		if (n + 12 >= capacity)
			break;
	}
	return out;
}

static void on_established(void *arg, struct session *s)
{
	struct neighbor *n = arg;
	struct session_info i;
	char id[ADDR_TEXT_MAX];
	char local[ADDR_TEXT_MAX];
	session_info(s, &i);
	n->updates = n->reachable = n->withdrawn = 0;
	printf("{\"event\":\"established\",\"name\":\"%s\",\"ms\":%" PRIu64
	       ",\"as\":%u,\"id\":\"%s\",\"local\":\"%s\",\"families\":%u,\"hold\":%u,"
	       "\"keepalive\":%u,\"as4\":%d,\"refresh\":%d}\n",
		n->name, clock_ms(), i.peer.as, addr_text(i.peer.id, id), addr_text(i.local, local),
		i.families, i.hold_time_s, i.keepalive_time_s, i.peer.as4, i.peer.route_refresh);
}

static void print_prefixes(const char *key, const struct bgp_nlri *fields, uint64_t *count,
	bool verbose, const char *skip_comma)
{
	char text[PREFIX_TEXT_MAX];
	const char *comma = "";
	struct prefix p;
	if (verbose)
		printf("%s\"%s\":[", skip_comma, key);
	for (int i = 0; i < 2; i++) {
		struct bgp_nlri n = fields[i];
		while (bgp_nlri_next(&n, &p)) {
			++*count;
			if (verbose)
				printf("%s\"%s\"", comma, prefix_text(p, text));
			comma = ",";
		}
	}
	if (verbose)
		printf("]");
}

static void on_update(void *arg, struct session *s, const struct bgp_update *u)
{
	struct neighbor *n = arg;
	char path[256];
	char hop[2][ADDR_TEXT_MAX];
	n->updates++;
	if (u->end_of_rib) {
		printf("{\"event\":\"end-of-rib\",\"name\":\"%s\",\"ms\":%" PRIu64
		       ",\"family\":%u,\"reachable\":%" PRIu64 "}\n",
			n->name, clock_ms(), u->end_of_rib, n->reachable);
		return;
	}
	if (n->verbose)
		printf("{\"event\":\"update\",\"name\":\"%s\",\"action\":%d,\"next_hop\":[\"%s\","
		       "\"%s\"],\"as_path\":\"%s\",",
			n->name, u->action, addr_text(u->next_hop[0], hop[0]),
			addr_text(u->next_hop[1], hop[1]),
			as_path_text(&u->attrs.as_path, path, sizeof(path)));
	print_prefixes("reachable", u->reachable, &n->reachable, n->verbose, "");
	print_prefixes("withdrawn", u->withdrawn, &n->withdrawn, n->verbose, ",");
	if (n->verbose)
		printf("}\n");
}

static void on_refresh(void *arg, struct session *s, uint32_t family, enum bgp_refresh subtype)
{
	struct neighbor *n = arg;
	printf("{\"event\":\"refresh\",\"name\":\"%s\",\"family\":%u,\"subtype\":%u}\n", n->name,
		family, (unsigned)subtype);
}

static void on_down(void *arg, struct session *s, enum session_down_cause cause, const char *text)
{
	struct neighbor *n = arg;
	printf("{\"event\":\"down\",\"name\":\"%s\",\"ms\":%" PRIu64 ",\"cause\":%d,\"text\":\"",
		n->name, clock_ms(), cause);
	for (; *text; text++)
		printf(*text == '\\' || *text == '"' ? "\\%c" : "%c", *text);
	printf("\"}\n");
}

static const struct session_ops ops = {
	.established = on_established,
	.update = on_update,
	.refresh = on_refresh,
	.down = on_down,
};

static void print_info(const struct neighbor *n)
{
	struct session_info i;
	session_info(n->session, &i);
	printf("{\"event\":\"info\",\"name\":\"%s\",\"ms\":%" PRIu64
	       ",\"state\":\"%s\",\"since_ms\":%" PRIu64 ",\"updates\":%" PRIu64
	       ",\"reachable\":%" PRIu64 ",\"withdrawn\":%" PRIu64 ",\"established_n\":%" PRIu64
	       ",\"dropped_n\":%" PRIu64 ",\"connect_failed_n\":%" PRIu64 ",\"accepted_n\":%" PRIu64
	       ",\"refused_n\":%" PRIu64 ",\"discard\":%" PRIu64 ",\"withdraw\":%" PRIu64
	       ",\"in\":%" PRIu64 ",\"out\":%" PRIu64
	       ",\"hold\":%u,\"wait\":\"%s\",\"sent\":\"%s\"}\n",
		n->name, clock_ms(), fsm_state_text(i.state), i.since_ms, n->updates, n->reachable,
		n->withdrawn, i.counters.established_n, i.counters.dropped_n,
		i.counters.connect_failed_n, i.counters.accepted_n, i.counters.refused_n,
		i.counters.updates_discard, i.counters.updates_withdraw, i.counters.in[0],
		i.counters.out[0], i.hold_time_s, i.wait_reason, i.notification_sent);
}

/* ---- neighbours from the command line ---- */

struct spec_key {
	const char *name;
	size_t offset;
	size_t size; /* 1, 2, 4; 0: an address */
};
#define KEY(field) \
#field, offsetof(struct session_conf, field), sizeof(((struct session_conf *)0)->field)
#define KEY_ADDR(field) #field, offsetof(struct session_conf, field), 0
static const struct spec_key spec_keys[] = {
	{KEY_ADDR(address)},
	{KEY_ADDR(update_source)},
	{KEY_ADDR(router_id)},
	{KEY(port)},
	{KEY(local_as)},
	{KEY(remote_as)},
	{KEY(external)},
	{KEY(internal)},
	{KEY(hold_time_s)},
	{KEY(keepalive_time_s)},
	{KEY(connect_retry_time_s)},
	{KEY(idle_hold_time_s)},
	{KEY(send_hold_time_s)},
	{KEY(families)},
	{KEY(passive)},
	{KEY(ttl_security)},
	{KEY(hops)},
};

static bool number_store(struct session_conf *c, const struct spec_key *k, const char *value)
{
	uint8_t *at = (uint8_t *)c + k->offset;
	unsigned long v = strtoul(value, NULL, 10);
	uint8_t v8 = (uint8_t)v;
	uint16_t v16 = (uint16_t)v;
	uint32_t v32 = (uint32_t)v;
	if (k->size == 0) {
		struct addr a;
		if (!addr_parse(value, &a))
			return false;
		memcpy(at, &a, sizeof(a));
	} else {
		memcpy(at,
			k->size == 1   ? (void *)&v8
			: k->size == 2 ? (void *)&v16
				       : (void *)&v32,
			k->size);
	}
	return true;
}

static bool key_store(struct neighbor *n, const char *key, const char *value)
{
	struct session_conf *c = &n->conf;
	for (size_t i = 0; i < sizeof(spec_keys) / sizeof(spec_keys[0]); i++)
		if (strcmp(spec_keys[i].name, key) == 0)
			return number_store(c, &spec_keys[i], value);
	if (strcmp(key, "name") == 0)
		snprintf(n->name, sizeof(n->name), "%s", value);
	else if (strcmp(key, "interface") == 0)
		snprintf(c->interface, sizeof(c->interface), "%s", value);
	else if (strcmp(key, "device") == 0)
		snprintf(c->device, sizeof(c->device), "%s", value);
	else if (strcmp(key, "verbose") == 0)
		n->verbose = true;
	else if (strcmp(key, "password") == 0) {
		c->password_len = (uint8_t)strnlen(value, SESSION_PASSWORD_MAX);
		memcpy(c->password, value, c->password_len);
	} else {
		return false;
	}
	return true;
}

static bool neighbor_add(struct ev_loop *loop, char *spec)
{
	struct neighbor *n = &neighbors[neighbors_n++];
	n->conf = (struct session_conf){.port = BGP_PORT,
		.local_as = 65000,
		.external = true,
		.router_id = addr_v4(0x0a000001),
		.hold_time_s = 90,
		.connect_retry_time_s = 1,
		.idle_hold_time_s = 1,
		.families = BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6,
		.hops = 1};
	for (char *pair = strtok(spec, ","); pair; pair = strtok(NULL, ",")) {
		char *value = strchr(pair, '=');
		if (value)
			*value++ = 0;
		if (!key_store(n, pair, value ? value : ""))
			return false;
	}
	n->conf.name = n->name;
	n->session = session_new(loop, &ops, n);
	session_configure(n->session, &n->conf);
	return true;
}

/* ---- commands ---- */

static void flood(struct neighbor *n)
{
	uint8_t message[BGP_MESSAGE_MAX];
	size_t len = bgp_end_of_rib_encode(BGP_FAMILY_IPV4, message);
	uint64_t sent = 0;
	int err;
	while ((err = session_send(n->session, message, len)) == 0 && sent < 200000000)
		sent += len;
	printf("{\"event\":\"flood\",\"name\":\"%s\",\"bytes\":%" PRIu64 ",\"errno\":%d}\n",
		n->name, sent, -err);
}

static void refresh_send(struct neighbor *n, const char *family)
{
	uint8_t message[BGP_MESSAGE_MAX];
	size_t len = bgp_route_refresh_encode(
		(uint32_t)strtoul(family, NULL, 10), BGP_REFRESH_REQUEST, message);
	session_send(n->session, message, len);
}

static void listen_again(void)
{
	struct session *all[NEIGHBORS_MAX];
	for (size_t i = 0; i < neighbors_n; i++)
		all[i] = neighbors[i].session;
	size_t missing = listeners_update(listeners, all, neighbors_n);
	printf("{\"event\":\"listening\",\"missing\":%zu}\n", missing);
}

static void configure(struct neighbor *n, char *pairs)
{
	for (char *pair = strtok(pairs, ","); pair; pair = strtok(NULL, ",")) {
		char *value = strchr(pair, '=');
		if (value)
			*value++ = 0;
		if (!key_store(n, pair, value ? value : ""))
			fprintf(stderr, "bad key %s\n", pair);
	}
	session_configure(n->session, &n->conf);
}

static void neighbor_command(struct neighbor *n, const char *verb, char *rest)
{
	if (strcmp(verb, "start") == 0) {
		session_start(n->session);
	} else if (strcmp(verb, "stop") == 0) {
		char *subcode = strtok(rest, " ");
		char *text = strtok(NULL, "");
		session_stop(n->session, subcode ? (uint8_t)strtoul(subcode, NULL, 10) : 2, text);
	} else if (strcmp(verb, "reset") == 0) {
		session_reset(n->session, BGP_CEASE_ADMIN_RESET, SESSION_DOWN_LOCAL);
	} else if (strcmp(verb, "bfd") == 0) {
		session_reset(n->session, BGP_CEASE_BFD_DOWN, SESSION_DOWN_BFD);
	} else if (strcmp(verb, "kick") == 0) {
		session_kick(n->session);
	} else if (strcmp(verb, "pause") == 0) {
		session_pause_reading(n->session, true);
	} else if (strcmp(verb, "resume") == 0) {
		session_pause_reading(n->session, false);
	} else if (strcmp(verb, "refresh") == 0) {
		refresh_send(n, rest);
	} else if (strcmp(verb, "flood") == 0) {
		flood(n);
	} else if (strcmp(verb, "configure") == 0) {
		configure(n, rest);
	} else if (strcmp(verb, "info") == 0) {
		print_info(n);
	}
}

static void command(struct ev_loop *loop, char *line)
{
	char *verb = strtok(line, " ");
	char *name = strtok(NULL, " ");
	char *rest = strtok(NULL, "");
	static char none[1];
	if (!verb)
		return;
	if (strcmp(verb, "quit") == 0)
		ev_break(loop, EVBREAK_ALL);
	else if (strcmp(verb, "listen") == 0)
		listen_again();
	for (size_t i = 0; name && i < neighbors_n; i++)
		if (strcmp(neighbors[i].name, name) == 0)
			neighbor_command(&neighbors[i], verb, rest ? rest : none);
}

static void on_stdin(struct ev_loop *loop, ev_io *w, int events)
{
	ssize_t n = read(STDIN_FILENO, input + input_len, sizeof(input) - 1 - input_len);
	if (n <= 0) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	input_len += (size_t)n;
	input[input_len] = 0;
	for (char *end; (end = strchr(input, '\n'));) {
		*end = 0;
		size_t used = (size_t)(end - input) + 1;
		command(loop, input);
		memmove(input, input + used, input_len - used + 1);
		input_len -= used;
	}
}

int main(int argc, char **argv)
{
	struct ev_loop *loop = ev_default_loop(EVFLAG_NOENV);
	ev_io commands;
	setvbuf(stdout, NULL, _IOLBF, 1 << 16);
	log_init("driver", LOG_LEVEL_DEBUG);
	listeners = listeners_new(loop);
	for (int i = 1; i < argc; i++) {
		if (neighbors_n == NEIGHBORS_MAX || !neighbor_add(loop, argv[i])) {
			fprintf(stderr, "bad neighbour %s\n", argv[i]);
			return 2;
		}
	}
	listen_again();
	for (size_t i = 0; i < neighbors_n; i++)
		session_start(neighbors[i].session);
	ev_io_init(&commands, on_stdin, STDIN_FILENO, EV_READ);
	ev_io_start(loop, &commands);
	ev_run(loop, 0);
	for (size_t i = 0; i < neighbors_n; i++) {
		session_stop(neighbors[i].session, BGP_CEASE_ADMIN_SHUTDOWN, NULL);
		session_free(neighbors[i].session);
	}
	listeners_free(listeners);
	return 0;
}
