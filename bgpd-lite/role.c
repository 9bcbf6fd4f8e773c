#include "bgpd-lite/role.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	TEXT_MAX = 96,
	MORE_ARGUMENTS = 6, /* the program, --as TEXT --user NAME, the end */
};

static const struct {
	const char *name;
	int values_n, descriptors_n, required_n, caps_n;
	cap_value_t cap;
} kinds[] = {
	[ROLE_BGP] = {"bgp", 5, 3, 3, 1, CAP_NET_BIND_SERVICE},
	[ROLE_FIB] = {"fib", 4, 4, 3, 1, CAP_NET_ADMIN},
	[ROLE_BFD] = {"bfd", 2, 2, 2, 0, 0},
};

const char *role_name(enum role_kind kind)
{
	return kinds[kind].name;
}

int role_caps(enum role_kind kind, const cap_value_t **caps)
{
	*caps = &kinds[kind].cap;
	return kinds[kind].caps_n;
}

/* ",N" at *text; *text moves behind it. */
static bool read_value(const char **text, int *out)
{
	char *end;

	if (**text != ',')
		return false;
	errno = 0;
	long value = strtol(*text + 1, &end, 10);
	if (errno != 0 || end == *text + 1 || value > INT_MAX || value < INT_MIN)
		return false;
	*out = (int)value;
	*text = end;
	return true;
}

bool role_parse(const char *text, struct role *out)
{
	struct role r = {.kind = ROLE_BGP};
	size_t name_len = strcspn(text, ",");

	while (strlen(role_name(r.kind)) != name_len ||
		strncmp(text, role_name(r.kind), name_len) != 0) {
		if (r.kind == ROLE_BFD)
			return false;
		r.kind++;
	}
	text += name_len;
	for (int i = 0; i < kinds[r.kind].values_n; i++) {
		if (!read_value(&text, &r.values[i]))
			return false;
		if (i < kinds[r.kind].required_n && fcntl(r.values[i], F_GETFD) < 0)
			return false;
	}
	if (*text)
		return false;
	*out = r;
	return true;
}

static void write_role(const struct role *r, char text[TEXT_MAX])
{
	int len = snprintf(text, TEXT_MAX, "%s", role_name(r->kind));
	for (int i = 0; i < kinds[r->kind].values_n; i++)
		len += snprintf(text + len, TEXT_MAX - (size_t)len, ",%d", r->values[i]);
}

/* What is not in the ambient set stays behind at the next exec. */
static void narrow_ambient(enum role_kind kind)
{
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (kinds[kind].caps_n)
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kinds[kind].cap, 0, 0);
}

int role_become(const struct role *role, int argc, char **argv, const struct priv_user *user)
{
	char text[TEXT_MAX];
	char **more = calloc((size_t)argc + MORE_ARGUMENTS, sizeof(*more));
	int n = 0;

	if (!more)
		return -ENOMEM;
	write_role(role, text);
	more[n++] = argv[0];
	more[n++] = "--as";
	more[n++] = text;
	if (user->change) {
		more[n++] = "--user";
		more[n++] = (char *)user->name;
	}
	for (int i = 1; i < argc; i++)
		more[n++] = argv[i];
	for (int i = 0; i < kinds[role->kind].descriptors_n; i++)
		fcntl(role->values[i], F_SETFD, 0); /* without effect on -errno */
	narrow_ambient(role->kind);
	execv("/proc/self/exe", more);
	int r = -errno;
	free(more);
	return r;
}
