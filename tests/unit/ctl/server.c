/*
 * The server with a daemon of fixed values: every malformed request, every error, slow readers,
 * many clients. Server and clients share one loop, which the test turns by hand.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "bgpd-lite/ctl/client_conn.h"
#include "bgpd-lite/ctl/control.h"
#include "bgpd-lite/ctl/what_if.h"
#include "lib/clock.h"
#include "tests/unit/ctl/fake.h"

enum {
	PATIENCE_MS = 5000,
	RECEIVED_MAX = 4 * 1024 * 1024,
};

static char run_dir[64];
static char socket_path[96];
static struct ev_loop *loop;
static struct control *control;

static int set_up(void **state)
{
	snprintf(run_dir, sizeof(run_dir), "/tmp/ctl-server-XXXXXX");
	assert_non_null(mkdtemp(run_dir));
	snprintf(socket_path, sizeof(socket_path), "%s/control", run_dir);
	loop = ev_loop_new(EVFLAG_NOENV);
	fake_init(loop, run_dir);
	control = control_new(&fake.d);
	assert_non_null(control);
	return 0;
}

static int tear_down(void **state)
{
	control_free(control);
	ev_loop_destroy(loop);
	unlink(socket_path);
	return rmdir(run_dir);
}

static void turn(unsigned times)
{
	while (times--)
		ev_run(loop, EVRUN_NOWAIT);
}

static int dial(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Bytes to the server, while the loop turns. False when it closes. */
static bool tell(int fd, const char *bytes, size_t len)
{
	uint64_t start = clock_ms();
	while (len && clock_ms() - start < PATIENCE_MS) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
		turn(1);
	}
	return len == 0;
}

/* What the server says until it has sent `messages` NULs or closes; freed by the caller. */
static char *hear(int fd, size_t messages, size_t *len, bool *closed)
{
	char *out = calloc(1, RECEIVED_MAX);
	uint64_t start = clock_ms();
	size_t have = 0, seen = 0;

	*closed = false;
	while (seen < messages && clock_ms() - start < PATIENCE_MS) {
		turn(1);
		ssize_t n = recv(fd, out + have, RECEIVED_MAX - 1 - have, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			*closed = true;
			break;
		}
		for (ssize_t i = 0; i < n; i++)
			seen += out[have + (size_t)i] == 0;
		have += n > 0 ? (size_t)n : 0;
	}
	*len = have;
	return out;
}

/* One request on a fresh connection; its first reply. */
static json_t *ask(const char *request)
{
	size_t len;
	bool closed;
	int fd = dial();

	assert_true(tell(fd, request, strlen(request) + 1));
	char *text = hear(fd, 1, &len, &closed);
	json_t *reply = json_loads(text, 0, NULL);
	assert_non_null(reply);
	free(text);
	close(fd);
	turn(3);
	return reply;
}

static void assert_error(const char *request, const char *error, const char *key, const char *value)
{
	json_t *reply = ask(request);
	const json_t *parameters = json_object_get(reply, "parameters");

	assert_string_equal(json_string_value(json_object_get(reply, "error")), error);
	if (key)
		assert_string_equal(json_string_value(json_object_get(parameters, key)), value);
	json_decref(reply);
}

static json_t *parameters_of(const char *request)
{
	json_t *reply = ask(request);
	assert_null(json_object_get(reply, "error"));
	json_t *parameters = json_incref(json_object_get(reply, "parameters"));
	json_decref(reply);
	return parameters;
}

/* ---- requests ---- */

static void malformed_requests(void **state)
{
	static const char *const requests[] = {"", "{", "[]", "{}", "null", "{\"method\":7}",
		"{\"method\":\"io.bgpd-lite.Status\",\"x\":1}",
		"{\"method\":\"io.bgpd-lite.Status\",\"more\":\"yes\"}",
		"{\"method\":\"io.bgpd-lite.Status\",\"parameters\":3}",
		"{\"method\":\"\xff\xfe\"}", "GET / HTTP/1.1\r\n\r\n"};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		size_t len;
		bool closed;
		int fd = dial();
		assert_true(tell(fd, requests[i], strlen(requests[i]) + 1));
		char *text = hear(fd, 2, &len, &closed);
		assert_non_null(strstr(text, "io.bgpd-lite.BadRequest"));
		assert_true(closed);
		free(text);
		close(fd);
	}
}

static void varlink_errors(void **state)
{
	assert_error("{\"method\":\"io.bgpd-lite.Nothing\"}", "org.varlink.service.MethodNotFound",
		"method", "io.bgpd-lite.Nothing");
	assert_error("{\"method\":\"io.bgpd-lit.Status\"}", "org.varlink.service.InterfaceNotFound",
		"interface", "io.bgpd-lit");
	assert_error("{\"method\":\"Status\"}", "org.varlink.service.InterfaceNotFound",
		"interface", "");
	assert_error("{\"method\":\"io.bgpd-lite.Status\",\"parameters\":{\"a\":\"b\"}}",
		"org.varlink.service.InvalidParameter", "parameter", "a");
	assert_error("{\"method\":\"io.bgpd-lite.ShowNeighbors\",\"parameters\":{\"neighbor\":1}}",
		"org.varlink.service.InvalidParameter", "parameter", "neighbor");
	assert_error("{\"method\":\"io.bgpd-lite.ShowRoutes\"}", "org.varlink.service.ExpectedMore",
		NULL, NULL);
	assert_error("{\"method\":\"io.bgpd-lite.Status\",\"upgrade\":true}",
		"org.varlink.service.MethodNotImplemented", "method", "io.bgpd-lite.Status");
	assert_error("{\"method\":\"io.bgpd-lite.ShowRoutes\",\"more\":true,"
		     "\"parameters\":{\"prefix\":\"10.0.0.1/8\"}}",
		"org.varlink.service.InvalidParameter", "reason",
		"bits are set behind the prefix length");
	assert_error("{\"method\":\"io.bgpd-lite.ShowRoutes\",\"more\":true,"
		     "\"parameters\":{\"state\":\"lost\"}}",
		"org.varlink.service.InvalidParameter", "parameter", "state");
	assert_error("{\"method\":\"io.bgpd-lite.ShowRoutes\",\"more\":true,"
		     "\"parameters\":{\"vrf\":\"green\"}}",
		"io.bgpd-lite.NotFound", "what", "vrf");
	assert_error("{\"method\":\"io.bgpd-lite.ShowBfd\",\"parameters\":{\"neighbor\":\"x\"}}",
		"io.bgpd-lite.NotFound", "name", "x");
	assert_error("{\"method\":\"io.bgpd-lite.ShowEvents\",\"parameters\":{\"last\":\"513\"}}",
		"org.varlink.service.InvalidParameter", "parameter", "last");
	assert_error("{\"method\":\"io.bgpd-lite.ShowEvents\","
		     "\"parameters\":{\"since_ms\":\"9223372036854775808\"}}",
		"org.varlink.service.InvalidParameter", "parameter", "since_ms");
}

static void a_hundred_megabytes(void **state)
{
	size_t len;
	bool closed;
	int fd = dial();
	char *block = malloc(1 << 20);
	int blocks = 0;

	memset(block, 'x', 1 << 20);
	while (blocks < 100 && tell(fd, block, 1 << 20))
		blocks++;
	assert_in_range(blocks, 0, 4); /* we may send files; the socket's own buffers take some */
	free(block);
	char *text = hear(fd, 2, &len, &closed);
	assert_true(closed);
	free(text);
	close(fd);
	json_t *alive = parameters_of("{\"method\":\"io.bgpd-lite.Status\"}");
	json_decref(alive);
}

static void two_requests_in_one_packet(void **state)
{
	static const char both[] = "{\"method\":\"io.bgpd-lite.Status\"}\0"
				   "{\"method\":\"io.bgpd-lite.ShowNexthops\"}";
	size_t len;
	bool closed;
	int fd = dial();

	assert_true(tell(fd, both, sizeof(both)));
	char *text = hear(fd, 2, &len, &closed);
	assert_false(closed);
	assert_non_null(strstr(text, "\"router_id\""));
	assert_non_null(strstr(text + strlen(text) + 1, "\"gateways\""));
	free(text);
	close(fd);
}

static void oneway_is_not_answered(void **state)
{
	static const char both[] = "{\"method\":\"io.bgpd-lite.Reload\",\"oneway\":true}\0"
				   "{\"method\":\"io.bgpd-lite.ShowRoutes\",\"oneway\":true,"
				   "\"more\":true}\0"
				   "{\"method\":\"io.bgpd-lite.ShowNexthops\"}";
	size_t len;
	bool closed;
	int fd = dial();

	assert_true(tell(fd, both, sizeof(both)));
	char *text = hear(fd, 1, &len, &closed);
	assert_int_equal(fake.reloads, 1);
	assert_non_null(strstr(text, "\"gateways\""));
	free(text);
	close(fd);
}

static void the_service_describes_itself(void **state)
{
	json_t *info = parameters_of("{\"method\":\"org.varlink.service.GetInfo\"}");
	assert_int_equal(json_array_size(json_object_get(info, "interfaces")), 2);
	json_decref(info);
	json_t *text = parameters_of("{\"method\":\"org.varlink.service.GetInterfaceDescription\","
				     "\"parameters\":{\"interface\":\"io.bgpd-lite\"}}");
	const char *description = json_string_value(json_object_get(text, "description"));
	assert_non_null(strstr(description, "\ninterface io.bgpd-lite\n"));
	for (const struct method *m = methods; m->name; m++) {
		char line[80];
		if (strncmp(m->name, "io.", 3) != 0)
			continue;
		snprintf(line, sizeof(line), "\nmethod %s(", strrchr(m->name, '.') + 1);
		assert_non_null(strstr(description, line));
	}
	json_decref(text);
	assert_error("{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		     "\"parameters\":{\"interface\":\"io.other\"}}",
		"org.varlink.service.InterfaceNotFound", "interface", "io.other");
	assert_error("{\"method\":\"org.varlink.service.GetInterfaceDescription\"}",
		"org.varlink.service.InvalidParameter", "parameter", "interface");
}

static void reload_that_is_refused(void **state)
{
	fake.reload_fails = true;
	assert_error(
		"{\"method\":\"io.bgpd-lite.Reload\"}", "io.bgpd-lite.ReloadRefused", NULL, NULL);
}

static void flush_answers_and_stops_the_daemon(void **state)
{
	json_t *p = parameters_of("{\"method\":\"io.bgpd-lite.Flush\"}");
	assert_true(json_is_integer(json_object_get(p, "installed")));
	assert_int_equal(fake.flushes, 1);
	json_decref(p);
}

/* ---- waiting for another process ---- */

static void bfd_statistics_are_waited_for(void **state)
{
	fake.bfd_answers = false;
	uint64_t start = clock_ms();
	json_t *p = parameters_of("{\"method\":\"io.bgpd-lite.ShowBfd\"}");
	assert_in_range(clock_ms() - start, CALL_BFD_STATS_WAIT_MS, PATIENCE_MS);
	assert_int_equal(fake.queries, 1);
	json_t *session = json_array_get(json_object_get(p, "sessions"), 0);
	assert_string_equal(json_string_value(json_object_get(session, "state")), "Up");
	assert_true(json_is_null(json_object_get(session, "stats")));
	json_decref(p);
	fake.bfd_answers = true;
	p = parameters_of("{\"method\":\"io.bgpd-lite.ShowBfd\"}");
	session = json_array_get(json_object_get(p, "sessions"), 0);
	const json_t *stats = json_object_get(session, "stats");
	assert_true(json_real_value(json_object_get(stats, "remote_transmit_interval_ms")) > 33.3);
	assert_int_equal(json_integer_value(json_object_get(stats, "detection_ms")), 150);
	json_decref(p);
}

/* ---- files in a request ---- */

static void a_plan_takes_texts(void **state)
{
	json_t *p = parameters_of("{\"method\":\"io.bgpd-lite.Plan\",\"parameters\":{\"files\":"
				  "{\"a\":\"x = 1\\n\",\"b\":\"\"}}}");
	assert_true(json_is_true(json_object_get(p, "changes")));
	assert_int_equal(fake.text_len, 6);
	assert_int_equal(fake.planned, 0);
	json_decref(p);
	assert_error("{\"method\":\"io.bgpd-lite.Plan\",\"parameters\":{\"files\":{\"a\":1}}}",
		"org.varlink.service.InvalidParameter", "parameter", "files");
	assert_error("{\"method\":\"io.bgpd-lite.Plan\",\"parameters\":{\"files\":\"a\"}}",
		"org.varlink.service.InvalidParameter", "parameter", "files");
	assert_error("{\"method\":\"io.bgpd-lite.Status\",\"parameters\":{\"files\":{}}}",
		"org.varlink.service.InvalidParameter", "parameter", "files");
}

/* We are the daemon's own user, so the request may be as long as files are. */
static void a_request_with_a_large_file(void **state)
{
	static const char head[] = "{\"method\":\"io.bgpd-lite.Plan\",\"parameters\":{\"files\":"
				   "{\"a\":\"";
	size_t text = 3 * 1024 * 1024, len = strlen(head);
	char *request = malloc(len + text + 5);

	memcpy(request, head, len);
	memset(request + len, ';', text);
	strcpy(request + len + text, "\"}}}");
	json_t *reply = ask(request);
	assert_null(json_object_get(reply, "error"));
	assert_int_equal(fake.text_len, text);
	json_decref(reply);
	free(request);
}

/* ---- streams ---- */

static size_t count(const char *text, size_t len, const char *word)
{
	size_t n = 0, word_len = strlen(word);
	for (size_t i = 0; i + word_len <= len; i++)
		n += memcmp(text + i, word, word_len) == 0;
	return n;
}

static const char all_routes[] = "{\"method\":\"io.bgpd-lite.ShowRoutes\",\"more\":true}";

static void every_route_once_in_batches(void **state)
{
	size_t len = 0, routes = 0, replies = 0;
	bool closed = false, last = false;
	int fd = dial();

	fake.routes_n = 20000;
	assert_true(tell(fd, all_routes, sizeof(all_routes)));
	while (!last && !closed) {
		char *text = hear(fd, 1, &len, &closed);
		routes += count(text, len, "\"prefix\":");
		replies += count(text, len, "{\"parameters\":");
		last = len && !closed &&
		       count(text, len, "\"continues\":true") <
			       count(text, len, "{\"parameters\":");
		free(text);
	}
	assert_false(closed);
	assert_int_equal(routes, 20000);
	assert_true(replies >= 40);
	close(fd);
}

static void unexpected_end(void *arg, struct client *c)
{
	*(bool *)arg = true;
}

/* What the server keeps for a client that does not read, whatever it asked for. */
static void a_slow_reader_is_bounded(void **state)
{
	int pair[2];
	bool ended = false;
	size_t len;

	fake.routes_n = 1000000;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	struct client *c = client_new(&fake.d, pair[0], true, 0, unexpected_end, &ended);
	assert_true(tell(pair[1], all_routes, sizeof(all_routes)));
	turn(3000);
	assert_in_range(c->out.len, CLIENT_OUT_HIGH, CLIENT_OUT_MAX);
	assert_true(c->out.capacity <= CLIENT_OUT_MAX);
	assert_true(c->call.batch.body.capacity <= CLIENT_OUT_MAX);
	/* It reads again: the walk goes on. */
	size_t before = fake.walked;
	char *text = hear(pair[1], 50, &len, &ended);
	assert_false(ended);
	assert_true(count(text, len, "\"prefix\":") > 0);
	assert_true(fake.walked > before);
	free(text);
	client_free(c);
	close(pair[1]);
}

static void huge_routes_are_cut(void **state)
{
	fake.routes_n = 5;
	fake.paths_n = 1000;
	size_t len, routes = 0;
	bool closed = false;
	int fd = dial();
	assert_true(tell(fd, all_routes, sizeof(all_routes)));
	while (routes < 5 && !closed) {
		char *text = hear(fd, 1, &len, &closed);
		assert_true(len < CLIENT_OUT_MAX);
		assert_true(count(text, len, "\"next_hop\"") <=
			    VIEW_PATHS_MAX * count(text, len, "\"prefix\":"));
		routes += count(text, len, "\"prefix\":");
		free(text);
	}
	assert_int_equal(routes, 5);
	close(fd);
}

static void a_client_that_leaves_in_the_middle(void **state)
{
	fake.routes_n = 1000000;
	int fd = dial();
	assert_true(tell(fd, all_routes, sizeof(all_routes)));
	turn(10);
	close(fd);
	turn(50);
	fake.routes_n = 3;
	json_t *alive = parameters_of("{\"method\":\"io.bgpd-lite.Status\"}");
	json_decref(alive);
}

/* ---- clients ---- */

static size_t open_files(void)
{
	size_t n = 0;
	for (int fd = 0; fd < 2048; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void a_thousand_clients(void **state)
{
	enum {
		MANY = 1000
	};
	static int fds[MANY];
	size_t before = open_files(), open = 0;

	for (size_t i = 0; i < MANY; i++) {
		fds[i] = dial();
		turn(2);
	}
	/* the test's own ends, and at most 32 of the server */
	assert_in_range(open_files() - before, MANY, MANY + 32);
	for (size_t i = 0; i < MANY; i++) {
		char c;
		open += recv(fds[i], &c, 1, 0) < 0 && errno == EAGAIN;
	}
	assert_int_equal(open, 32);
	/* An idle one makes room after a second. */
	usleep(1100 * 1000);
	json_t *alive = parameters_of("{\"method\":\"io.bgpd-lite.Status\"}");
	json_decref(alive);
	for (size_t i = 0; i < MANY; i++)
		close(fds[i]);
	turn(50);
	assert_int_equal(open_files(), before);
}

/* One after the other: what they cost is given back. */
static void a_thousand_connects(void **state)
{
	enum {
		BEFORE = 10,
		MANY = 1000,
	};
	size_t before = 0;

	for (size_t i = 0; i < BEFORE + MANY; i++) {
		json_t *alive = parameters_of("{\"method\":\"io.bgpd-lite.Status\"}");
		json_decref(alive);
		if (i == BEFORE)
			before = mallinfo2().uordblks;
	}
	assert_int_equal(mallinfo2().uordblks, before);
}

/* ---- events as they happen ---- */

static const char monitor[] = "{\"method\":\"io.bgpd-lite.Monitor\",\"more\":true}";

/* So many events, in one reply or in several; the last has those words. */
static void assert_heard(int fd, const char *wanted, size_t events)
{
	size_t len, n = 0;
	bool closed, found;

	do {
		char *text = hear(fd, 1, &len, &closed);
		assert_false(closed);
		assert_non_null(strstr(text, "\"continues\":true"));
		n += count(text, len, "\"number\":");
		found = strstr(text, wanted);
		free(text);
	} while (n < events);
	assert_int_equal(n, events);
	assert_true(found);
}

static void events_as_they_happen(void **state)
{
	int fd = dial();

	assert_true(tell(fd, monitor, sizeof(monitor)));
	assert_heard(fd, "{\"events\":[]}", 0); /* at once: it is there */
	for (unsigned i = 0; i < 3; i++)
		events_add(&fake.d.events, i, EVENT_ADMIN, "x", "number %u", i);
	assert_heard(fd, "number 2", 3);
	events_add(&fake.d.events, 4, EVENT_ADMIN, "x", "the fourth");
	assert_heard(fd, "the fourth", 1);
	close(fd);
	assert_error("{\"method\":\"io.bgpd-lite.Monitor\"}", "org.varlink.service.ExpectedMore",
		NULL, NULL);
	assert_error("{\"method\":\"io.bgpd-lite.Monitor\",\"more\":true,"
		     "\"parameters\":{\"last\":\"513\"}}",
		"org.varlink.service.InvalidParameter", "parameter", "last");
}

/* More than the daemon keeps, while the client does not read: the newest come, in order. */
static void a_monitor_that_does_not_read(void **state)
{
	size_t len, n = 0;
	bool closed;
	int fd = dial();
	uint64_t last = fake.d.events.n, number;

	assert_true(tell(fd, monitor, sizeof(monitor)));
	assert_heard(fd, "{\"events\":[]}", 0);
	for (unsigned i = 0; i < 20000; i++) {
		events_add(&fake.d.events, i, EVENT_ADMIN, "x", "%0200u", i);
		if (i % 100 == 0)
			turn(1);
	}
	while (last < fake.d.events.n) {
		char *text = hear(fd, 1, &len, &closed);
		assert_false(closed);
		for (const char *p = text; (p = strstr(p, "\"number\":")); n++) {
			p += strlen("\"number\":");
			number = strtoull(p, NULL, 10);
			assert_true(number > last);
			last = number;
		}
		free(text);
	}
	assert_in_range(n, EVENTS_MAX, 20000);
	close(fd);
}

static void monitors_leave_places(void **state)
{
	int fd[8];

	for (size_t i = 0; i < 8; i++) {
		fd[i] = dial();
		assert_true(tell(fd[i], monitor, sizeof(monitor)));
		assert_heard(fd[i], "{\"events\":[]}", 0);
	}
	assert_error(monitor, "io.bgpd-lite.Busy", NULL, NULL);
	close(fd[0]); /* noticed, though nothing happens */
	for (uint64_t start = clock_ms();
		fake.d.monitors_n == 8 && clock_ms() - start < PATIENCE_MS;)
		turn(1);
	assert_int_equal(fake.d.monitors_n, 7);
	for (size_t i = 1; i < 8; i++)
		close(fd[i]);
}

/* ---- what the loss of neighbours would do ---- */

static void what_if(void **state)
{
	json_t *p = parameters_of("{\"method\":\"io.bgpd-lite.WhatIf\",\"parameters\":"
				  "{\"down\":\" 192.0.2.1 vrf red ,192.0.2.2\"}}");
	const json_t *vrf = json_array_get(json_object_get(p, "vrfs"), 0);

	assert_int_equal(json_array_size(json_object_get(p, "down")), 2);
	assert_int_equal(json_integer_value(json_object_get(vrf, "moved")), 2);
	assert_int_equal(json_integer_value(json_object_get(vrf, "lost")), 1);
	json_decref(p);
	assert_error("{\"method\":\"io.bgpd-lite.WhatIf\"}", "org.varlink.service.InvalidParameter",
		"parameter", "down");
	assert_error(
		"{\"method\":\"io.bgpd-lite.WhatIf\",\"parameters\":{\"down\":\"192.0.2.1,,\"}}",
		"io.bgpd-lite.NotFound", "what", "neighbor");
}

/* A session that ends while the prefixes are walked counts no longer: all begins anew. */
static void what_if_it_changes(void **state)
{
	struct what_if *w = what_if_new(&fake.d);

	assert_true(what_if_add(w, "192.0.2.1 vrf red"));
	assert_true(what_if_run(w, 1));
	assert_true(what_if_run(w, 1));
	assert_int_equal(w->vrfs[3].moved, 2);
	fake.neighbors[0].peer = RIB_NO_PEER;
	assert_true(what_if_run(w, 1));
	assert_int_equal(w->vrfs[3].moved, 0);
	assert_int_equal(w->vrfs[3].same, 1);
	assert_int_equal(w->sets_n, 1);
	for (size_t i = 1; i < WHAT_IF_NEIGHBORS_MAX; i++)
		assert_true(what_if_add(w, "x"));
	assert_false(what_if_add(w, "x"));
	what_if_free(w);
}

/* ---- the socket file ---- */

static void the_socket_file(void **state)
{
	struct stat st;

	assert_int_equal(stat(socket_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	/* a live daemon is left alone */
	assert_null(control_new(&fake.d));
	json_t *alive = parameters_of("{\"method\":\"io.bgpd-lite.Status\"}");
	json_decref(alive);
	/* the leftover of a dead one is replaced, nothing else is */
	control_free(control);
	assert_int_equal(stat(socket_path, &st), -1);
	int dead = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_path);
	assert_int_equal(bind(dead, (struct sockaddr *)&a, sizeof(a)), 0);
	close(dead);
	control = control_new(&fake.d);
	assert_non_null(control);
	control_free(control);
	close(open(socket_path, O_CREAT | O_WRONLY, 0600));
	control = control_new(&fake.d);
	assert_null(control);
	assert_int_equal(stat(socket_path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void a_path_that_is_too_long(void **state)
{
	char path[200];
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	fake.d.options.run_dir = path;
	assert_null(control_new(&fake.d));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(int argc, char **argv)
{
	/* No pieces at hand in the allocator: what is in use can be counted. */
	if (!getenv("GLIBC_TUNABLES")) {
		setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
		execv("/proc/self/exe", argv);
	}
	const struct CMUnitTest tests[] = {
		TEST(malformed_requests),
		TEST(varlink_errors),
		TEST(a_hundred_megabytes),
		TEST(two_requests_in_one_packet),
		TEST(oneway_is_not_answered),
		TEST(the_service_describes_itself),
		TEST(reload_that_is_refused),
		TEST(flush_answers_and_stops_the_daemon),
		TEST(bfd_statistics_are_waited_for),
		TEST(a_plan_takes_texts),
		TEST(a_request_with_a_large_file),
		TEST(every_route_once_in_batches),
		TEST(a_slow_reader_is_bounded),
		TEST(huge_routes_are_cut),
		TEST(a_client_that_leaves_in_the_middle),
		TEST(a_thousand_clients),
		TEST(a_thousand_connects),
		TEST(events_as_they_happen),
		TEST(a_monitor_that_does_not_read),
		TEST(monitors_leave_places),
		TEST(what_if),
		TEST(what_if_it_changes),
		TEST(the_socket_file),
		TEST(a_path_that_is_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
