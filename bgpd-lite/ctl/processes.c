#include "bgpd-lite/ctl/processes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bgpd-lite/ctl/text.h"

pid_t process_daemon(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd < 0)
		return 0;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		peer.pid = 0;
	close(fd);
	return peer.pid;
}

size_t process_children(pid_t pid, pid_t children[PROCESS_CHILDREN_MAX])
{
	char path[64];
	size_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *f = fopen(path, "re");
	while (f && n < PROCESS_CHILDREN_MAX && fscanf(f, "%d", &children[n]) == 1)
		n++;
	if (f)
		fclose(f);
	return n;
}

/* "Rss:   1234 kB" as bytes; null where it cannot be read. */
static json_t *kb_of(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	json_t *bytes = NULL;
	size_t len = strlen(key);

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	FILE *f = fopen(path, "re");
	while (f && !bytes && fgets(line, sizeof(line), f))
		if (strncmp(line, key, len) == 0)
			bytes = json_integer(strtoll(line + len, NULL, 10) * 1024);
	if (f)
		fclose(f);
	return bytes ? bytes : json_null();
}

/* The processes name themselves bgpd-lite, bgpd-lite-bfd, bgpd-lite-fib. */
static const char *name_of(pid_t pid, char comm[32])
{
	static const char program[] = "bgpd-lite";
	size_t len = sizeof(program) - 1;
	char path[64];

	comm[0] = 0;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	FILE *f = fopen(path, "re");
	if (f && !fgets(comm, 32, f))
		comm[0] = 0;
	if (f)
		fclose(f);
	comm[strcspn(comm, "\n")] = 0;
	if (strncmp(comm, program, len) != 0)
		return NULL;
	return comm[len] == '-' ? comm + len + 1 : comm[len] ? NULL : "bgp";
}

static void put_process(json_t *list, pid_t pid)
{
	char comm[32];
	const char *name = name_of(pid, comm);

	if (!name)
		return;
	json_t *o = json_object();
	json_object_set_new(o, "process", json_string(name));
	json_object_set_new(o, "pid", json_integer(pid));
	json_object_set_new(o, "rss_bytes", kb_of(pid, "status", "VmRSS:"));
	json_object_set_new(o, "pss_bytes", kb_of(pid, "smaps_rollup", "Pss:"));
	json_array_append_new(list, o);
}

void processes_put_memory(json_t *reply, const char *path)
{
	pid_t children[PROCESS_CHILDREN_MAX], pid = process_daemon(path);
	size_t n = pid > 0 ? process_children(pid, children) : 0;
	json_t *list = json_array();

	if (pid > 0)
		put_process(list, pid);
	for (size_t i = 0; i < n; i++)
		put_process(list, children[i]);
	json_object_set_new(reply, "processes", list);
}
