#include "bgpd-lite/cgroup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TEXT_MAX = 8192, /* of memory.stat; what counts stands at its beginning */
};

static bool read_text(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = 0;
	return n > 0;
}

static bool read_number(const char *folder, const char *file, uint64_t *out)
{
	char path[PATH_MAX + 32], text[64], *end;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	if (!read_text(path, text, sizeof(text)))
		return false;
	*out = strtoull(text, &end, 10); /* "max": no number */
	return end != text;
}

/* Sum of the lines of memory.stat that the kernel gives up under pressure. */
static uint64_t reclaimable(const char *folder)
{
	static const char *const lines[] = {
		"\ninactive_file ", "\nactive_file ", "\nslab_reclaimable "};
	char path[PATH_MAX + 32], text[TEXT_MAX];
	uint64_t sum = 0;

	snprintf(path, sizeof(path), "%s/memory.stat", folder);
	if (!read_text(path, text, sizeof(text)))
		return 0;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *at = strstr(text, lines[i]);
		sum += at ? strtoull(at + strlen(lines[i]), NULL, 10) : 0;
	}
	return sum;
}

/* One level: true where it has a limit, and less left than *out. */
static bool look(const char *folder, bool first, struct cgroup_memory *out)
{
	struct cgroup_memory m;

	if (!read_number(folder, "memory.max", &m.max) ||
		!read_number(folder, "memory.current", &m.used))
		return false;
	uint64_t gives = m.used > m.max / 2 ? reclaimable(folder) : 0; /* it costs time */
	m.used -= gives < m.used ? gives : m.used;
	if (!first && m.max - (m.used < m.max ? m.used : m.max) >=
			      out->max - (out->used < out->max ? out->used : out->max))
		return false;
	*out = m;
	return true;
}

bool cgroup_memory(const char *root, const char *own, struct cgroup_memory *out)
{
	char text[PATH_MAX], folder[PATH_MAX];
	bool found = false;

	if (!read_text(own, text, sizeof(text)))
		return false;
	const char *at = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!at)
		return false;
	at = strstr(at, "0::") + 3;
	size_t len = strlen(root) + strcspn(at, "\n");
	if (len >= sizeof(folder))
		return false;
	snprintf(folder, sizeof(folder), "%s%.*s", root, (int)strcspn(at, "\n"), at);
	for (;;) {
		while (len > strlen(root) && folder[len - 1] == '/')
			folder[--len] = 0;
		found |= look(folder, !found, out);
		if (len <= strlen(root))
			return found;
		while (len > strlen(root) && folder[len - 1] != '/')
			folder[--len] = 0;
	}
}
