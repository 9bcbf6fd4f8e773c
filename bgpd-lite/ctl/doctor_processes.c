#include "bgpd-lite/ctl/doctor.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/processes.h"

enum {
	TCP_STATE_LISTEN = 0x0a, /* in /proc/net/tcp */
};

static uint64_t capabilities_of(pid_t pid)
{
	char path[64], line[256];
	uint64_t caps = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "CapEff:", 7) == 0)
			caps = strtoull(line + 7, NULL, 16);
	if (f)
		fclose(f);
	return caps;
}

static void check_daemon(json_t *findings, pid_t pid)
{
	pid_t children[PROCESS_CHILDREN_MAX];
	size_t n = process_children(pid, children);
	bool admin = false, bfd = false, realtime = false;

	if (!(capabilities_of(pid) & 1ull << CAP_NET_BIND_SERVICE))
		doctor_find(findings, "capabilities",
			"in the unit: AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_ADMIN",
			"the bgp process (%d) has no CAP_NET_BIND_SERVICE: no listening on port "
			"179",
			(int)pid);
	for (size_t i = 0; i < n; i++) {
		uint64_t caps = capabilities_of(children[i]);
		if (caps & 1ull << CAP_NET_ADMIN) {
			admin = true;
			continue;
		}
		bfd = true;
		realtime = realtime || sched_getscheduler(children[i]) != SCHED_OTHER;
	}
	if (n && !admin)
		doctor_find(findings, "capabilities",
			"in the unit: AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_ADMIN",
			"no process has CAP_NET_ADMIN: no route can be written");
	if (bfd && !realtime)
		doctor_find(findings, "realtime", "in the unit: LimitRTPRIO=50",
			"the bfd process has no realtime priority: sessions may flap under load");
}

/* Does anybody listen on that port? tcp: in state LISTEN; udp: bound. */
static bool port_taken(const char *file, unsigned port, bool tcp)
{
	char line[512];
	bool taken = false;
	FILE *f = fopen(file, "re");

	while (f && fgets(line, sizeof(line), f)) {
		unsigned local, state;
		if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &local, &state) == 2 &&
			local == port && (!tcp || state == TCP_STATE_LISTEN))
			taken = true;
	}
	if (f)
		fclose(f);
	return taken;
}

static void check_ports(json_t *findings)
{
	if (port_taken("/proc/net/tcp", 179, true) || port_taken("/proc/net/tcp6", 179, true))
		doctor_find(findings, "ports", "ss -lntp sport = :179, and stop that program",
			"another program listens on TCP port 179");
	if (port_taken("/proc/net/udp", 3784, false) || port_taken("/proc/net/udp6", 3784, false))
		doctor_find(findings, "ports", "ss -lnup sport = :3784, and stop that program",
			"another program has UDP port 3784");
}

void doctor_processes(json_t *findings, const char *path, bool runs)
{
	pid_t pid = runs ? process_daemon(path) : 0;

	if (pid > 0)
		check_daemon(findings, pid);
	else if (!runs)
		check_ports(findings);
}
