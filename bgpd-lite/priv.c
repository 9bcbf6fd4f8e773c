#include "bgpd-lite/priv.h"
#include "lib/log.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PRIV_CAPABILITIES_MAX = 64,                 /* bits of the kernel's sets */
	DIFFERS_INHERITABLE = 1 << CAP_INHERITABLE, /* in cap_compare()'s answer */
};

int priv_find_user(const char *wanted, struct priv_user *out)
{
	const char *name = wanted ? wanted : "bgpd-lite";
	struct passwd *pw;

	if (getuid() != 0 && geteuid() != 0) {
		*out = (struct priv_user){.name = "", .uid = getuid(), .gid = getgid()};
		return 0;
	}
	pw = getpwnam(name);
	if (!pw && !wanted) {
		log_warn("start user=nobody reason=\"there is no user bgpd-lite; make one, or name "
			 "one "
			 "with --user\"");
		name = "nobody";
		pw = getpwnam(name);
	}
	if (!pw || pw->pw_uid == 0) {
		log_err("start failed user=%s reason=\"%s\"", name,
			pw ? "--user must not be root" : "no such user");
		return -ENOENT;
	}
	*out = (struct priv_user){
		.name = name, .uid = pw->pw_uid, .gid = pw->pw_gid, .change = true};
	return 0;
}

const char *priv_missing(const cap_value_t *caps, int caps_n)
{
	static char name[64];
	cap_t have = cap_get_proc();
	const char *missing = NULL;

	for (int i = 0; have && i < caps_n && !missing; i++) {
		cap_flag_value_t set = CAP_CLEAR;
		cap_get_flag(have, caps[i], CAP_PERMITTED, &set);
		if (set == CAP_SET)
			continue;
		char *text = cap_to_name(caps[i]);
		snprintf(name, sizeof(name), "%s", text ? text : "?");
		cap_free(text);
		missing = name;
	}
	if (have)
		cap_free(have);
	return missing;
}

static bool wanted_cap(int cap, const cap_value_t *caps, int caps_n)
{
	for (int i = 0; i < caps_n; i++) {
		if (caps[i] == cap)
			return true;
	}
	return false;
}

/* Needs CAP_SETPCAP; a unit or a container that gave none has narrowed the set already. */
static void drop_bounding(const cap_value_t *caps, int caps_n)
{
	for (int cap = 0; cap < PRIV_CAPABILITIES_MAX; cap++) {
		if (!wanted_cap(cap, caps, caps_n) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	}
}

/* What can be inherited may stay: no program that we could execute would take it. */
static bool has_exactly(cap_t want)
{
	cap_t have = cap_get_proc();
	bool same = have && (cap_compare(have, want) & ~DIFFERS_INHERITABLE) == 0;
	if (have)
		cap_free(have);
	return same;
}

static int set_capabilities(const cap_value_t *caps, int caps_n)
{
	cap_t want = cap_init();
	int r = -ENOMEM;

	if (!want)
		return r;
	r = 0;
	if (caps_n && (cap_set_flag(want, CAP_PERMITTED, caps_n, caps, CAP_SET) ||
			      cap_set_flag(want, CAP_EFFECTIVE, caps_n, caps, CAP_SET)))
		r = -errno;
	if (r == 0 && !has_exactly(want) && cap_set_proc(want) < 0)
		r = -errno;
	cap_free(want);
	return r;
}

int priv_drop(const struct priv_user *user, const cap_value_t *caps, int caps_n)
{
	const char *step = "bounding set";
	int r = 0;

	drop_bounding(caps, caps_n);
	if (user->change) {
		step = "become the user";
		if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
			initgroups(user->name, user->gid) < 0 ||
			setresgid(user->gid, user->gid, user->gid) < 0 ||
			setresuid(user->uid, user->uid, user->uid) < 0)
			r = -errno;
	}
	if (r == 0) {
		step = "set capabilities";
		r = set_capabilities(caps, caps_n);
	}
	if (r == 0) {
		step = "no_new_privs";
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			r = -errno;
	}
	if (r < 0)
		log_err("start failed step=\"%s\" user=%s reason=\"%s\"", step, user->name,
			strerror(-r));
	return r;
}

int priv_make_dir(const struct priv_user *user, const char *path, mode_t mode)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(part))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != 0)
			continue;
		memcpy(part, path, i);
		part[i] = 0;
		bool last = path[i] == 0;
		if (mkdir(part, last ? mode : 0755) < 0) {
			if (errno == EEXIST)
				continue;
			return -errno;
		}
		if (!last)
			continue;
		if (chmod(part, mode) < 0) /* whatever the umask is */
			return -errno;
		if (user->change && chown(part, user->uid, user->gid) < 0)
			return -errno;
	}
	return 0;
}
