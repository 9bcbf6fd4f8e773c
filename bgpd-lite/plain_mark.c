#include "bgpd-lite/plain_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

static const char *path_of(const char *state_dir)
{
	static char path[512];
	snprintf(path, sizeof(path), "%s/routes-without-objects", state_dir);
	return path;
}

void plain_mark_set(const char *state_dir)
{
	int fd = open(path_of(state_dir), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		log_warn("not-kept file=%s error=\"%s\"", path_of(state_dir), strerror(errno));
	else
		close(fd);
}

bool plain_mark_is_set(const char *state_dir)
{
	return access(path_of(state_dir), F_OK) == 0;
}

void plain_mark_remove(const char *state_dir)
{
	unlink(path_of(state_dir));
}
