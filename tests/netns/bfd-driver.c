/*
 * Runs one bfd process between two socketpairs and plays bgp and fib for it, for tests.
 *
 *   bfd-driver [SPEC...]      SPEC: id=1,local=10.0.0.1,remote=10.0.0.2[,device=eth0][,ifindex=3]
 *                                   [,tx=MS][,rx=MS][,mult=N][,inc=N][,passive=1][,auth=TYPE:ID:KEY...][,ttl=MINIMUM:
 * multihop] Commands on stdin, one a line: set SPEC | remove ID | query ID | stop | close | deaf |
 * hear (close: bgp is gone; deaf: bgp reads nothing until hear). One JSON object a line on stdout.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bfd/channel.h"
#include "bfd/process.h"
#include "lib/clock.h"
#include "rib/fib/channel.h"

static bool deaf;

static void die(const char *why, const char *what)
{
	fprintf(stderr, "bfd-driver: %s: %s\n", why, what);
	exit(2);
}

/* Waits while the bfd process has not read what came before. */
static void send_whole(int fd, const void *packet, size_t len)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int error;
	while ((error = chan_send(fd, packet, len)) == -EAGAIN)
		poll(&p, 1, -1);
	if (error)
		die("send", strerror(-error));
}

/* TYPE:ID:KEY[:ID:KEY]... */
static void spec_auth(struct bfd_auth *a, char *text)
{
	char *part = strsep(&text, ":"), *id;
	a->type = (uint8_t)strtoul(part, NULL, 10);
	while ((id = strsep(&text, ":")) && (part = strsep(&text, ":"))) {
		struct bfd_auth_key *k = &a->keys[a->keys_n++];
		k->id = (uint8_t)strtoul(id, NULL, 10);
		k->len = (uint8_t)strlen(part);
		memcpy(k->bytes, part, k->len);
	}
}

static void spec_value(struct bfd_msg_set *m, const char *key, char *value)
{
	uint32_t n = (uint32_t)strtoul(value, NULL, 10);
	if (strcmp(key, "id") == 0)
		m->id = n;
	else if (strcmp(key, "inc") == 0)
		m->incarnation = n;
	else if (strcmp(key, "ifindex") == 0)
		m->ifindex = n;
	else if (strcmp(key, "tx") == 0)
		m->tx_us = n * 1000;
	else if (strcmp(key, "rx") == 0)
		m->rx_us = n * 1000;
	else if (strcmp(key, "mult") == 0)
		m->multiplier = (uint8_t)n;
	else if (strcmp(key, "auth") == 0)
		spec_auth(&m->auth, value);
	else if (strcmp(key, "passive") == 0)
		m->passive = n;
	else if (strcmp(key, "zero") == 0)
		m->zero_checksum = n;
	else if (strcmp(key, "ttl") == 0) {
		m->multihop = true;
		m->minimum_ttl = (uint8_t)n;
	} else if (strcmp(key, "device") == 0)
		snprintf(m->device, sizeof(m->device), "%s", value);
	else if (strcmp(key, "local") != 0 && strcmp(key, "remote") != 0)
		die("unknown key", key);
	else if (!addr_parse(value, key[0] == 'l' ? &m->local : &m->remote))
		die("bad address", value);
}

static void send_set(int fd, const char *spec)
{
	struct bfd_msg_set m = {.head = {BFD_CHANNEL_VERSION, BFD_MSG_SET, 1},
		.tx_us = 300000,
		.rx_us = 300000,
		.multiplier = 3};
	char *text = strdup(spec), *rest = text, *part;
	while ((part = strsep(&rest, ","))) {
		char *equal = strchr(part, '=');
		if (!equal)
			die("no value", part);
		*equal = 0;
		spec_value(&m, part, equal + 1);
	}
	free(text);
	send_whole(fd, &m, sizeof(m));
}

static void send_id(int fd, uint8_t type, const char *id)
{
	struct bfd_msg_id m = {
		.head = {BFD_CHANNEL_VERSION, type, 1}, .id = (uint32_t)strtoul(id, NULL, 10)};
	send_whole(fd, &m, sizeof(m));
}

static void print_state(const struct bfd_msg_state *m)
{
	printf("{\"event\":\"state\",\"id\":%u,\"incarnation\":%u,\"state\":%u,\"old_state\":%u,"
	       "\"diag\":%u,\"remote_state\":%u,\"remote_diag\":%u,\"remote_c\":%u,"
	       "\"node_late\":%u,\"at_ns\":%" PRIu64 ",\"last_rx_ns\":%" PRIu64
	       ",\"detection_ns\":%" PRIu64 ",\"seen_ns\":%" PRIu64 "}\n",
		m->id, m->incarnation, m->state, m->old_state, m->diag, m->remote_state,
		m->remote_diag, m->remote_c, m->node_late, m->at_ns, m->last_rx_ns, m->detection_ns,
		clock_ns());
}

static void print_stats(const struct bfd_msg_stats *m)
{
	printf("{\"event\":\"stats\",\"id\":%u,\"state\":%u,\"diag\":%u,\"remote_state\":%u,"
	       "\"multiplier\":%u,\"remote_multiplier\":%u,\"local_discr\":%u,"
	       "\"remote_discr\":%u,\"tx_interval_us\":%u,\"remote_tx_us\":%u,"
	       "\"remote_rx_us\":%u,\"detection_us\":%u,",
		m->id, m->state, m->diag, m->remote_state, m->multiplier, m->remote_multiplier,
		m->local_discr, m->remote_discr, m->tx_interval_us, m->remote_tx_us,
		m->remote_rx_us, m->detection_us);
	printf("\"rx_packets\":%" PRIu64 ",\"tx_packets\":%" PRIu64 ",\"rx_dropped\":%" PRIu64
	       ",\"rx_refused\":%" PRIu64 ",\"up_n\":%" PRIu64 ",\"down_n\":%" PRIu64
	       ",\"down_late_n\":%" PRIu64 ",\"wake_late_max_us\":%" PRIu64
	       ",\"saved_by_drain\":%" PRIu64 ",\"tx_late_max_us\":%" PRIu64
	       ",\"tx_late_sum_us\":%" PRIu64 ",\"error\":\"%s\",\"drops\":{",
		m->rx_packets, m->tx_packets, m->rx_dropped, m->rx_refused, m->up_n, m->down_n,
		m->down_late_n, m->wake_late_max_us, m->saved_by_drain, m->tx_late_max_us,
		m->tx_late_sum_us, m->error);
	for (unsigned d = 1; d < BFD_DROP_N; d++)
		printf("%s\"%s\":%" PRIu64, d > 1 ? "," : "", bfd_drop_text((enum bfd_drop)d),
			m->drops[d]);
	printf("}}\n");
}

/* False: the bfd process has closed its end. */
static bool on_bgp(int fd)
{
	union {
		struct chan_head head;
		struct bfd_msg_state state;
		struct bfd_msg_stats stats;
	} m;
	ssize_t n = chan_recv(fd, &m, sizeof(m));
	if (n <= 0)
		return n == -EAGAIN;
	if (m.head.type == BFD_MSG_STATE && (size_t)n == sizeof(m.state))
		print_state(&m.state);
	else if (m.head.type == BFD_MSG_STATS && (size_t)n == sizeof(m.stats))
		print_stats(&m.stats);
	else
		die("unknown message", "from bfd to bgp");
	return true;
}

static void on_fib(int fd)
{
	struct fib_msg_session_down m;
	ssize_t n = chan_recv(fd, &m, sizeof(m));
	if (n == sizeof(m) && m.head.type == FIB_MSG_SESSION_DOWN)
		printf("{\"event\":\"fib_down\",\"incarnation\":%u,\"cause\":%u,\"at_ns\":%" PRIu64
		       ",\"seen_ns\":%" PRIu64 "}\n",
			m.incarnation, m.cause, m.at_ns, clock_ns());
	else if (n > 0)
		die("unknown message", "from bfd to fib");
}

/* False: bgp's end is to be closed. */
static bool on_command(int fd, const char *line)
{
	if (strncmp(line, "set ", 4) == 0)
		send_set(fd, line + 4);
	else if (strncmp(line, "remove ", 7) == 0)
		send_id(fd, BFD_MSG_REMOVE, line + 7);
	else if (strncmp(line, "query ", 6) == 0)
		send_id(fd, BFD_MSG_QUERY, line + 6);
	else if (strcmp(line, "stop") == 0)
		chan_send(fd, &(struct chan_head){BFD_CHANNEL_VERSION, BFD_MSG_STOP, 0},
			sizeof(struct chan_head));
	else if (strcmp(line, "close") == 0)
		return false;
	else if (strcmp(line, "deaf") == 0 || strcmp(line, "hear") == 0) {
		deaf = line[0] == 'd';
		printf("{\"event\":\"%s\"}\n", line);
	} else
		die("unknown command", line);
	return true;
}

/* Reads what is there on stdin and carries out whole lines. False: close. */
static bool on_stdin(int fd)
{
	static char line[1024];
	static size_t len;
	char c;
	while (read(STDIN_FILENO, &c, 1) == 1) {
		if (c != '\n') {
			if (len + 1 < sizeof(line))
				line[len++] = c;
			continue;
		}
		line[len] = 0;
		len = 0;
		return on_command(fd, line);
	}
	return false;
}

static void serve(int bgp, int fib, pid_t child)
{
	struct pollfd p[3] = {{bgp, POLLIN, 0}, {fib, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
	int status;
	for (;;) {
		p[0].events = deaf ? 0 : POLLIN;
		if (poll(p, 3, -1) < 0)
			die("poll", "");
		if (p[1].revents & POLLIN)
			on_fib(fib);
		if (p[0].revents && !on_bgp(bgp))
			break;
		if (p[2].revents && !on_stdin(bgp)) {
			shutdown(bgp, SHUT_WR);
			p[2].fd = -1;
		}
	}
	if (waitpid(child, &status, 0) == child)
		printf("{\"event\":\"exit\",\"code\":%d,\"seen_ns\":%" PRIu64 "}\n",
			WIFEXITED(status) ? WEXITSTATUS(status) : -1, clock_ns());
}

int main(int argc, char **argv)
{
	int bgp[2], fib[2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (chan_pair(bgp) < 0 || chan_pair(fib) < 0)
		die("socketpair", "");
	pid_t child = fork();
	if (child < 0)
		die("fork", "");
	if (child == 0) {
		close(bgp[0]);
		close(fib[0]);
		_exit(bfd_process_run(bgp[1], fib[1]));
	}
	close(bgp[1]);
	close(fib[1]);
	printf("{\"event\":\"ready\",\"pid\":%d}\n", (int)child);
	for (int i = 1; i < argc; i++)
		send_set(bgp[0], argv[i]);
	serve(bgp[0], fib[0], child);
	return 0;
}
