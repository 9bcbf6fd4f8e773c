/*
 * The files of the configuration: found, read, and their last good texts kept. An edge: the bgp
 * process (as the unprivileged user) and `--check`.
 *
 * The main file, then `*.conf` of the directories in the order given: a basename of a later
 * directory masks the earlier one, a link to /dev/null switches it off. Regular files only (links
 * are followed), 1 MB each, 256 in all; names beginning with '.' are left alone. What cannot be
 * read is a text with `unreadable` set.
 *
 * STATE_DIR/disabled/NAME switches contributor NAME off, unless it is the main file.
 * STATE_DIR/last-good/NAME holds the text of contributor NAME that was last in force.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

enum {
	CONF_FILE_LEN_MAX = 1 << 20, /* bytes of one file */
	CONF_FILES_MAX = 256,        /* files that take part */
};

struct conf_files;

/* Reads everything; never fails. main: path of the main file. state_dir may be NULL: no last good
 * texts on disk. before: the files of the configuration in force, whose kept texts count more than
 * those on disk (which may be read-only); NULL at start. The caller frees what is returned. */
struct conf_files *conf_files_read(const char *main, const char *const *dirs, size_t dirs_n,
	const char *state_dir, const struct conf_files *before);
/* The same, but only part is read again, the rest is as it was in `before`: contributor NAME; or,
 * with NULL, all but the main file. */
struct conf_files *conf_files_read_again(const char *main, const char *const *dirs, size_t dirs_n,
	const char *state_dir, const struct conf_files *before, const char *name);
/* All as it was. */
struct conf_files *conf_files_copy(const struct conf_files *from, const char *state_dir);
/* The same texts of the same files? */
bool conf_files_equal(const struct conf_files *a, const struct conf_files *b);
/* As if the file of contributor NAME had this text, which is copied. file: the path of one that is
 * not there yet; NULL: NAME.conf. */
void conf_files_replace(
	struct conf_files *f, const char *name, const char *file, const char *bytes, size_t len);
/* The texts for conf_build(), borrowed; the main file is the first. */
const struct conf_text *conf_files_texts(const struct conf_files *f, size_t *n);
/* The snapshot made of these texts is in force from now: its texts, without sections in quarantine,
 * become the last good ones, in memory and on disk (written atomically, mode 0640); those of files
 * that are no more are removed. What fails on disk is logged as a warning. */
void conf_files_keep(struct conf_files *f, const struct conf *c);
/* Can a contributor be called that? */
bool conf_files_name_ok(const char *name);
/* The texts in force after conf_files_keep(f, c), the main file's first: name, file, bytes, len;
 * also the present ones of files whose [match] does not hold now.
 * The array is the arena's, all else borrowed of f. */
struct conf_arena;
struct conf_text *conf_files_in_force(
	const struct conf_files *f, const struct conf *c, struct conf_arena *a, size_t *n);
/* Files that are not read but given: texts that were in force, copied; the main file's first. */
struct conf_files *conf_files_of(const struct conf_text *texts, size_t n, const char *state_dir);
size_t conf_files_bytes(const struct conf_files *f); /* memory held */
void conf_files_free(struct conf_files *f);          /* NULL is allowed */
