#include "conf/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool conf_fileio_is_null(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

bool conf_fileio_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* NULL, or why this is no file to read. */
static const char *why_not(int fd, size_t len_max, size_t *len)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return "is a directory, not a file";
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if (st.st_size > (off_t)len_max)
		return "is larger than 1 MB";
	*len = (size_t)st.st_size;
	return NULL;
}

/* Reads until the end or until the room is full. */
static ssize_t read_all(int fd, char *bytes, size_t room)
{
	size_t n = 0;
	while (n < room) {
		ssize_t r = read(fd, bytes + n, room - n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		n += (size_t)r;
	}
	return (ssize_t)n;
}

const char *conf_fileio_read(
	struct conf_arena *a, const char *path, size_t len_max, char **bytes, size_t *len)
{
	size_t size = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return conf_arena_format(a, "cannot be opened: %s", strerror(errno));
	const char *why = why_not(fd, len_max, &size);
	if (!why) {
		char *b = conf_arena_alloc(a, size + 1);
		ssize_t n = read_all(fd, b, size);
		if (n < 0)
			why = conf_arena_format(a, "cannot be read: %s", strerror((int)-n));
		else {
			*bytes = b;
			*len = (size_t)n;
		}
	}
	close(fd);
	return why;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_new(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	int r = fchmod(fd, 0640) < 0 ? -errno : write_all(fd, bytes, len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int conf_fileio_write(
	struct conf_arena *a, const char *dir, const char *name, const char *bytes, size_t len)
{
	const char *path = conf_arena_format(a, "%s/%s", dir, name);
	const char *draft = conf_arena_format(a, "%s/.%s.new", dir, name);
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return -errno;
	int r = write_new(draft, bytes, len);
	if (r == 0 && rename(draft, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(draft);
	return r;
}
