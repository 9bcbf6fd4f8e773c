#include "bgpd-lite/ctl/texts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The basename without .conf; to be freed. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);
	size_t len = name ? strlen(name) : 0;

	if (len > 5 && strcmp(name + len - 5, ".conf") == 0)
		name[len - 5] = 0;
	return name;
}

/* One byte more than may be read, so that a text that is too long shows. */
static json_t *read_text(FILE *f, const char *path, struct text *why)
{
	char *bytes = malloc(TEXTS_LEN_MAX + 1);
	size_t len = bytes ? fread(bytes, 1, TEXTS_LEN_MAX + 1, f) : 0;
	json_t *text = NULL;

	if (!bytes)
		text_adds(why, "no memory");
	else if (ferror(f))
		text_addf(why, "%s: %s", path, strerror(errno));
	else if (len > TEXTS_LEN_MAX)
		text_addf(why, "%s: is larger than 1 MB", path);
	else if (memchr(bytes, 0, len))
		text_addf(why, "%s: has a NUL byte", path);
	else if (!(text = json_stringn(bytes, len)))
		text_addf(why, "%s: is not UTF-8", path);
	free(bytes);
	return text;
}

bool texts_add(json_t *map, const char *path, const char *name, struct text *why)
{
	bool in = strcmp(path, "-") == 0;
	FILE *f = in ? stdin : fopen(path, "r");
	char *own = in ? strdup(name) : name_of(path);
	json_t *text = NULL;

	if (!f || !own)
		text_addf(why, "%s: %s", path, strerror(errno));
	else if (json_object_get(map, own))
		text_addf(why, "%s: a second file of the name %s", path, own);
	else
		text = read_text(f, in ? "standard input" : path, why);
	if (text)
		json_object_set_new(map, own, text);
	if (f && !in)
		fclose(f);
	free(own);
	return text;
}
