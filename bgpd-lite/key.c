/* Key files, of TCP-MD5 and of BFD: NAME in the keys directory, else the systemd credential NAME;
 * or an absolute path. Never printed, never logged. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bgpd-lite/neighbor.h"

static int refuse(char *why, size_t max, const char *path, const char *reason)
{
	snprintf(why, max, "key file %s: %s", path, reason);
	return -1;
}

static int read_open_key(int fd, const char *path, uint8_t *key, char *why, size_t max)
{
	uint8_t bytes[SESSION_PASSWORD_MAX + 2];
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return refuse(why, max, path, "is not a regular file");
	if (st.st_mode & 0007)
		return refuse(why, max, path,
			"others can access it; chmod 0640 (Kubernetes secret: defaultMode: 0440)");
	ssize_t n = read(fd, bytes, sizeof(bytes));
	if (n < 0)
		return refuse(why, max, path, strerror(errno));
	while (n > 0 && (bytes[n - 1] == '\n' || bytes[n - 1] == '\r'))
		n--;
	if (n == 0 || n > SESSION_PASSWORD_MAX) {
		explicit_bzero(bytes, sizeof(bytes));
		return refuse(why, max, path, n ? "longer than 80 bytes" : "is empty");
	}
	memcpy(key, bytes, (size_t)n);
	explicit_bzero(bytes, sizeof(bytes));
	return (int)n;
}

int key_read(const struct daemon *d, const char *file, uint8_t *key, char *why, size_t why_max)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	if (!file)
		return 0;
	if (file[0] == '/')
		snprintf(path, sizeof(path), "%s", file);
	else
		snprintf(path, sizeof(path), "%s/%s", d->options.keys_dir, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && file[0] != '/' && credentials) {
		snprintf(path, sizeof(path), "%s/%s", credentials, file);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	if (fd < 0)
		return refuse(why, why_max, path, strerror(errno));
	int r = read_open_key(fd, path, key, why, why_max);
	close(fd);
	return r;
}
