/* conf: files found, masked, refused, and their last good texts kept. In a directory of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "conf/arena.h"
#include "conf/files.h"

static char root[] = "/tmp/conf-files-XXXXXX";
static char path_buffer[4][512];
static const char *dirs[3];

static const char *at(const char *name)
{
	static unsigned next;
	char *p = path_buffer[next++ % 4];
	snprintf(p, sizeof(path_buffer[0]), "%s/%s", root, name);
	return p;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(at(name), "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void clear(void)
{
	char command[600];
	snprintf(command, sizeof(command), "rm -rf '%s'/* '%s'/.[a-z]*", root, root);
	assert_int_equal(system(command), 0);
}

static int fresh(void **state)
{
	(void)state;
	static char names[3][512];
	static const char *const made[] = {"usr", "run", "etc", "state"};
	clear();
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(mkdir(at(made[i]), 0755), 0);
	for (size_t i = 0; i < 3; i++) {
		snprintf(names[i], sizeof(names[i]), "%s/%s", root, made[i]);
		dirs[i] = names[i];
	}
	put("main.conf", "[bgp]\nlocal-as = 64512\n");
	return 0;
}

static struct conf_files *read_files(const struct conf_files *before)
{
	return conf_files_read(at("main.conf"), dirs, 3, at("state"), before);
}

static const struct conf_text *find(const struct conf_files *f, const char *file)
{
	size_t n;
	const struct conf_text *t = conf_files_texts(f, &n);
	const char *path = at(file);
	for (size_t i = 0; i < n; i++)
		if (strcmp(t[i].file, path) == 0)
			return &t[i];
	return NULL;
}

static struct conf *build(const struct conf_files *f, bool *usable)
{
	size_t n;
	const struct conf_text *t = conf_files_texts(f, &n);
	return conf_build(t, n, NULL, usable);
}

static void later_directories_mask(void **state)
{
	(void)state;
	put("usr/a.conf", "; usr\n");
	put("run/a.conf", "; run\n");
	put("etc/a.conf", "; etc\n");
	put("usr/b.conf", "; off\n");
	assert_int_equal(symlink("/dev/null", at("etc/b.conf")), 0);
	put("run/c.conf", "; c\n");
	put("run/c.config", "[nothing]\n");
	put("run/.hidden.conf", "[nothing]\n");
	put("run/data", "; linked\n");
	assert_int_equal(symlink("../run/data", at("etc/linked.conf")), 0);
	struct conf_files *f = read_files(NULL);
	size_t n;
	(void)conf_files_texts(f, &n);
	assert_int_equal(n, 7);
	assert_string_equal(find(f, "usr/a.conf")->masked_by, at("run/a.conf"));
	assert_string_equal(find(f, "run/a.conf")->masked_by, at("etc/a.conf"));
	assert_null(find(f, "etc/a.conf")->masked_by);
	assert_string_equal(find(f, "etc/a.conf")->bytes, "; etc\n");
	assert_string_equal(find(f, "usr/b.conf")->masked_by, at("etc/b.conf"));
	assert_null(find(f, "etc/b.conf"));
	assert_string_equal(find(f, "run/c.conf")->name, "c");
	assert_string_equal(find(f, "etc/linked.conf")->bytes, "; linked\n");
	conf_files_free(f);
}

static void only_regular_files_of_a_size(void **state)
{
	(void)state;
	assert_int_equal(mkdir(at("etc/dir.conf"), 0755), 0);
	assert_int_equal(mkfifo(at("etc/fifo.conf"), 0644), 0);
	assert_int_equal(symlink("nowhere", at("etc/lost.conf")), 0);
	put("etc/bad name.conf", "");
	put("etc/large.conf", "");
	assert_int_equal(truncate(at("etc/large.conf"), CONF_FILE_LEN_MAX + 1), 0);
	put("etc/main.conf", "[kernel]\nmetric = 1\n");
	struct conf_files *f = read_files(NULL);
	assert_non_null(strstr(find(f, "etc/dir.conf")->unreadable, "directory"));
	assert_non_null(strstr(find(f, "etc/fifo.conf")->unreadable, "regular"));
	assert_non_null(strstr(find(f, "etc/lost.conf")->unreadable, "No such file"));
	assert_non_null(strstr(find(f, "etc/bad name.conf")->unreadable, "letters"));
	assert_non_null(strstr(find(f, "etc/large.conf")->unreadable, "1 MB"));
	bool usable;
	struct conf *c = build(f, &usable);
	assert_true(usable);
	assert_int_equal(c->kernel.metric, 20);
	assert_int_equal(c->contributors_n, 7);
	for (size_t i = 1; i < c->contributors_n; i++)
		assert_true(c->contributors[i].quarantined);
	conf_free(c);
	conf_files_free(f);
}

static void too_many_files(void **state)
{
	(void)state;
	char name[32];
	for (unsigned i = 0; i < CONF_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "etc/f%03u.conf", i);
		put(name, "");
	}
	struct conf_files *f = read_files(NULL);
	assert_null(find(f, "etc/f254.conf")->unreadable);
	assert_non_null(strstr(find(f, "etc/f255.conf")->unreadable, "256 at most"));
	conf_files_free(f);
}

static void main_file_missing(void **state)
{
	(void)state;
	assert_int_equal(unlink(at("main.conf")), 0);
	struct conf_files *f = read_files(NULL);
	bool usable;
	struct conf *c = build(f, &usable);
	assert_false(usable);
	assert_non_null(strstr(c->messages[0].text, "No such file"));
	conf_free(c);
	conf_files_free(f);
}

/* Reads, keeps when told, and gives the metric in force. */
static uint32_t reload(struct conf_files **f, bool keep)
{
	bool usable;
	struct conf_files *next = read_files(*f);
	struct conf *c = build(next, &usable);
	uint32_t metric = c->kernel.metric;
	assert_true(usable);
	if (keep)
		conf_files_keep(next, c);
	conf_free(c);
	conf_files_free(*f);
	*f = next;
	return metric;
}

static void last_good_texts_outlive_a_reboot(void **state)
{
	(void)state;
	struct conf_files *f = NULL;
	struct stat st;
	put("main.conf", "[bgp]\nlocal-as = 1\n[kernel]\nmetric = 30\n");
	put("etc/a.conf", "; a\n");
	assert_int_equal(reload(&f, true), 30);
	assert_int_equal(stat(at("state/last-good/main"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	put("main.conf", "[kernel]\nmetric = 40\nbroken\n");
	assert_int_equal(reload(&f, true), 30);
	conf_files_free(f);
	f = NULL; /* a reboot */
	assert_int_equal(reload(&f, true), 30);
	put("main.conf", "[kernel]\nmetric = 40\n");
	assert_int_equal(reload(&f, true), 40);
	assert_int_equal(access(at("state/last-good/a"), F_OK), 0);
	assert_int_equal(unlink(at("etc/a.conf")), 0);
	assert_int_equal(reload(&f, true), 40);
	assert_int_equal(access(at("state/last-good/a"), F_OK), -1);
	conf_files_free(f);
}

static void without_a_disk_memory_keeps_them(void **state)
{
	(void)state;
	struct conf_files *f = NULL;
	put("main.conf", "[kernel]\nmetric = 30\n");
	assert_int_equal(rmdir(at("state")), 0);
	put("state", "not a directory"); /* nothing can be written there */
	assert_int_equal(reload(&f, true), 30);
	put("main.conf", "[kernel]\nmetric = 40\nbroken\n");
	assert_int_equal(reload(&f, true), 30);
	assert_int_equal(reload(&f, true), 30);
	conf_files_free(f);
}

static void texts_in_the_place_of_files(void **state)
{
	(void)state;
	put("etc/a.conf", "[nonsense]\n");
	struct conf_files *f = read_files(NULL);
	conf_files_replace(f, "main", NULL, "[kernel]\nmetric = 50\n", 21);
	conf_files_replace(f, "a", NULL, "; a\n", 4);
	conf_files_replace(f, "new", "run/new.conf", "; new\n", 6);
	conf_files_replace(f, "not good", NULL, "", 0);
	bool usable;
	struct conf *c = build(f, &usable);
	assert_true(usable);
	assert_int_equal(c->kernel.metric, 50);
	assert_int_equal(c->contributors_n, 4);
	assert_string_equal(find(f, "etc/a.conf")->bytes, "; a\n");
	assert_string_equal(c->contributors[2].file, "run/new.conf");
	assert_false(c->contributors[1].quarantined || c->contributors[2].quarantined);
	assert_true(c->contributors[3].quarantined);
	conf_free(c);
	conf_files_free(f);
}

static void texts_in_force_and_files_made_of_them(void **state)
{
	(void)state;
	struct conf_files *f = NULL;
	put("etc/a.conf", "; good\n");
	(void)reload(&f, true);
	put("etc/a.conf", "[nonsense]\n");
	put("etc/b.conf", "[nonsense]\n");
	put("usr/c.conf", "; masked\n");
	put("etc/c.conf", "; c\n");
	bool usable;
	struct conf_files *next = read_files(f);
	struct conf *c = build(next, &usable);
	conf_files_keep(next, c);
	struct conf_arena *a = conf_arena_new();
	size_t n;
	struct conf_text *t = conf_files_in_force(next, c, a, &n);
	assert_int_equal(n, 3);
	assert_string_equal(t[0].name, "main");
	assert_string_equal(t[1].bytes, "; good\n");
	assert_string_equal(t[2].file, at("etc/c.conf"));
	struct conf_files *made = conf_files_of(t, n, at("state"));
	conf_free(c);
	c = build(made, &usable);
	assert_true(usable);
	assert_int_equal(c->contributors_n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_false(c->contributors[i].quarantined);
	conf_files_keep(made, c);
	conf_free(c);
	conf_arena_free(a);
	conf_files_free(made);
	conf_files_free(next);
	conf_files_free(f);
}

static void contributors_are_switched_off(void **state)
{
	(void)state;
	put("usr/a.conf", "; usr\n");
	put("etc/a.conf", "[nonsense]\n");
	assert_int_equal(mkdir(at("state/disabled"), 0755), 0);
	put("state/disabled/a", "");
	put("state/disabled/main", "");
	struct conf_files *f = read_files(NULL);
	bool usable;
	struct conf *c = build(f, &usable);
	assert_true(usable);
	assert_int_equal(c->messages_n, 0);
	assert_int_equal(c->contributors_n, 3);
	assert_false(c->contributors[0].disabled);
	assert_true(c->contributors[1].disabled && !c->contributors[1].quarantined);
	assert_non_null(c->contributors[2].masked_by);
	conf_files_keep(f, c);
	assert_int_equal(access(at("state/last-good/a"), F_OK), -1);
	conf_free(c);
	conf_files_free(f);
	assert_int_equal(unlink(at("state/disabled/a")), 0);
	f = read_files(NULL);
	c = build(f, &usable);
	assert_true(c->contributors[1].quarantined);
	conf_free(c);
	conf_files_free(f);
}

static void a_part_is_read_again(void **state)
{
	(void)state;
	put("usr/a.conf", "; a\n");
	put("etc/b.conf", "; b\n");
	struct conf_files *f = read_files(NULL);
	struct conf_files *same = read_files(f);
	assert_true(conf_files_equal(f, same));
	conf_files_free(same);
	put("main.conf", "[bgp]\nlocal-as = 2\n");
	put("run/a.conf", "; a2\n");
	put("etc/b.conf", "; b2\n");
	put("etc/c.conf", "; c\n");
	struct conf_files *one =
		conf_files_read_again(at("main.conf"), dirs, 3, at("state"), f, "a");
	assert_false(conf_files_equal(f, one));
	size_t n;
	(void)conf_files_texts(one, &n);
	assert_int_equal(n, 4);
	assert_string_equal(find(one, "main.conf")->bytes, "[bgp]\nlocal-as = 64512\n");
	assert_string_equal(find(one, "usr/a.conf")->masked_by, at("run/a.conf"));
	assert_string_equal(find(one, "run/a.conf")->bytes, "; a2\n");
	assert_string_equal(find(one, "etc/b.conf")->bytes, "; b\n");
	struct conf_files *all =
		conf_files_read_again(at("main.conf"), dirs, 3, at("state"), f, NULL);
	(void)conf_files_texts(all, &n);
	assert_int_equal(n, 5);
	assert_string_equal(find(all, "main.conf")->bytes, "[bgp]\nlocal-as = 64512\n");
	assert_string_equal(find(all, "etc/b.conf")->bytes, "; b2\n");
	conf_files_free(all);
	conf_files_free(one);
	conf_files_free(f);
}

static int start(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	clear();
	return rmdir(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(later_directories_mask, fresh),
		cmocka_unit_test_setup(only_regular_files_of_a_size, fresh),
		cmocka_unit_test_setup(too_many_files, fresh),
		cmocka_unit_test_setup(main_file_missing, fresh),
		cmocka_unit_test_setup(last_good_texts_outlive_a_reboot, fresh),
		cmocka_unit_test_setup(texts_in_the_place_of_files, fresh),
		cmocka_unit_test_setup(a_part_is_read_again, fresh),
		cmocka_unit_test_setup(contributors_are_switched_off, fresh),
		cmocka_unit_test_setup(texts_in_force_and_files_made_of_them, fresh),
		cmocka_unit_test_setup(without_a_disk_memory_keeps_them, fresh),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
