#include "bgpd-lite/contribute.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bgpd-lite/configure.h"
#include "bgpd-lite/daemon.h"
#include "bgpd-lite/site.h"
#include "conf/arena.h"
#include "conf/fileio.h"
#include "conf/files.h"

static enum contribute_result no_place(struct contribute *c, const char *why)
{
	snprintf(c->why, sizeof(c->why), "%s", why);
	return CONTRIBUTE_NO_PLACE;
}

/* Where contributions stand among the directories of drop-ins, -1: nowhere. */
static int place_of(const struct daemon *d)
{
	char dir[PATH_MAX], real[PATH_MAX], other[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/conf.d", d->options.run_dir);
	bool there = realpath(dir, real);
	for (size_t i = 0; i < d->options.conf_dirs_n; i++) {
		const char *x = d->options.conf_dirs[i];
		if (strcmp(x, dir) == 0 ||
			(there && realpath(x, other) && strcmp(real, other) == 0))
			return (int)i;
	}
	return -1;
}

/* A later directory has a file of that name: it would win. */
static bool is_masked(const struct daemon *d, int place, struct contribute *c)
{
	struct stat st;

	for (size_t i = (size_t)place + 1; i < d->options.conf_dirs_n; i++) {
		snprintf(c->why, sizeof(c->why), "%s/%s.conf", d->options.conf_dirs[i], c->name);
		if (lstat(c->why, &st) == 0)
			return true;
	}
	c->why[0] = 0;
	return false;
}

/* What can be said before a text is looked at. */
static enum contribute_result check(const struct daemon *d, struct contribute *c, int *place)
{
	size_t n;
	const struct conf_text *texts = conf_files_texts(d->files, &n);

	*place = place_of(d);
	if (!conf_files_name_ok(c->name))
		return CONTRIBUTE_BAD_NAME;
	if (strcmp(c->name, texts[0].name) == 0) {
		snprintf(c->why, sizeof(c->why), "%s", texts[0].file);
		return CONTRIBUTE_MASKED;
	}
	if (*place < 0)
		return no_place(c, "conf.d in the run directory is no directory of drop-ins");
	if (d->held || configure_confirm_left_s(d))
		return CONTRIBUTE_HELD;
	return CONTRIBUTE_DONE;
}

static const struct conf_contributor *contributor_of(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->contributors_n; i++)
		if (!c->contributors[i].masked_by && strcmp(c->contributors[i].name, name) == 0)
			return &c->contributors[i];
	return NULL;
}

static struct conf_files *read_files(const struct daemon *d, const char *name)
{
	const struct daemon_options *o = &d->options;
	return conf_files_read_again(
		o->config, o->conf_dirs, o->conf_dirs_n, o->state_dir, d->files, name);
}

/* Would all of the text be in force? Where not, c->refused says why. A contributor that is switched
 * off is not looked at. */
static bool is_good(
	struct daemon *d, struct contribute *c, const char *path, const char *text, size_t len)
{
	struct conf_files *files = read_files(d, c->name);
	bool usable;
	size_t n;

	conf_files_replace(files, c->name, path, text, len);
	const struct conf_text *texts = conf_files_texts(files, &n);
	struct conf *next = site_build(d, texts, n, &usable);
	const struct conf_contributor *k = contributor_of(next, c->name);
	bool good = k && conf_all_in_force(k);
	if (good)
		conf_free(next);
	else
		c->refused = next;
	conf_files_free(files);
	return good;
}

static enum contribute_result reload(struct daemon *d, const struct contribute *c)
{
	configure_refresh(d, c->name, &(struct configure_ask){.origin = c->origin});
	return CONTRIBUTE_DONE;
}

enum contribute_result contribute_place(
	struct daemon *d, struct contribute *c, const char *text, size_t len)
{
	char path[PATH_MAX], dir[PATH_MAX], base[256];
	int place;
	enum contribute_result r = check(d, c, &place);

	if (r != CONTRIBUTE_DONE)
		return r;
	if (is_masked(d, place, c))
		return CONTRIBUTE_MASKED;
	snprintf(dir, sizeof(dir), "%s", d->options.conf_dirs[place]);
	snprintf(base, sizeof(base), "%s.conf", c->name);
	snprintf(path, sizeof(path), "%.*s/%s", PATH_MAX / 2, dir, base);
	if (!is_good(d, c, path, text, len))
		return CONTRIBUTE_REFUSED;
	struct conf_arena *a = conf_arena_new();
	int error = conf_fileio_write(a, dir, base, text, len);
	conf_arena_free(a);
	return error < 0 ? no_place(c, strerror(-error)) : reload(d, c);
}

enum contribute_result contribute_remove(struct daemon *d, struct contribute *c)
{
	char path[PATH_MAX];
	int place;
	enum contribute_result r = check(d, c, &place);

	if (r != CONTRIBUTE_DONE)
		return r;
	snprintf(path, sizeof(path), "%s/%s.conf", d->options.conf_dirs[place], c->name);
	if (unlink(path) < 0)
		return errno == ENOENT ? CONTRIBUTE_ABSENT : no_place(c, strerror(errno));
	return reload(d, c);
}

/* ---- switched off ---- */

enum contribute_result contribute_disable(struct daemon *d, struct contribute *c)
{
	const struct conf_contributor *k = contributor_of(d->conf, c->name);
	char dir[PATH_MAX];

	if (!k || !conf_files_name_ok(c->name) || k == &d->conf->contributors[0])
		return CONTRIBUTE_ABSENT;
	if (d->held || configure_confirm_left_s(d))
		return CONTRIBUTE_HELD;
	snprintf(dir, sizeof(dir), "%s/disabled", d->options.state_dir);
	struct conf_arena *a = conf_arena_new();
	int error = conf_fileio_write(a, dir, c->name, "", 0);
	conf_arena_free(a);
	return error < 0 ? no_place(c, strerror(-error)) : reload(d, c);
}

enum contribute_result contribute_enable(struct daemon *d, struct contribute *c)
{
	char path[PATH_MAX];

	if (!conf_files_name_ok(c->name))
		return CONTRIBUTE_ABSENT;
	if (d->held || configure_confirm_left_s(d))
		return CONTRIBUTE_HELD;
	snprintf(path, sizeof(path), "%s/disabled/%s", d->options.state_dir, c->name);
	if (unlink(path) < 0)
		return errno == ENOENT ? CONTRIBUTE_ABSENT : no_place(c, strerror(errno));
	return reload(d, c);
}
