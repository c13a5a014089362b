/* SPDX-License-Identifier: MIT */
/* A program's file: where it is, and whether a preload reaches it. */
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HEADERS_MOST 64

static int file_read(int fd, void *bytes, size_t size, uint64_t offset)
{
	return offset > INT64_MAX || pread(fd, bytes, size, (off_t)offset) != (ssize_t)size;
}

/* What the headers of all word sizes begin with. */
struct elf_start {
	unsigned char ident[EI_NIDENT];
	uint16_t type, machine;
};

/* Is it an ELF file, but of another word size or processor than this one? */
static int is_foreign(int fd)
{
	struct elf_start its, ours;
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), failed;

	failed = self < 0 || file_read(self, &ours, sizeof(ours), 0);
	if (self >= 0)
		close(self);
	if (failed || file_read(fd, &its, sizeof(its), 0) ||
	    memcmp(its.ident, ELFMAG, SELFMAG) != 0)
		return 0;
	return its.ident[EI_CLASS] != ours.ident[EI_CLASS] || its.machine != ours.machine;
}

/* The loader that an ELF file asks for; "" for none. Nonzero: it is not an ELF file of this machine. */
static int interpreter_read(int fd, char *text, size_t size)
{
	Elf64_Ehdr header;
	Elf64_Phdr part;

	text[0] = '\0';
	if (file_read(fd, &header, sizeof(header), 0) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(part) ||
	    header.e_phnum > HEADERS_MOST)
		return -1;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		if (file_read(fd, &part, sizeof(part), header.e_phoff + i * sizeof(part)))
			return -1;
		if (part.p_type != PT_INTERP)
			continue;
		if (part.p_filesz == 0 || part.p_filesz > size ||
		    file_read(fd, text, part.p_filesz, part.p_offset))
			return -1;
		text[part.p_filesz - 1] = '\0';
	}
	return 0;
}

enum program_kind program_kind(const char *path)
{
	char interpreter[PATH_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), failed, foreign;

	if (fd < 0)
		return PROGRAM_UNKNOWN;
	foreign = is_foreign(fd);
	failed = interpreter_read(fd, interpreter, sizeof(interpreter));
	close(fd);
	if (foreign)
		return PROGRAM_FOREIGN;
	if (failed)
		return PROGRAM_UNKNOWN;
	if (!interpreter[0])
		return PROGRAM_STATIC;
	return strstr(interpreter, "ld-musl") ? PROGRAM_MUSL : PROGRAM_DYNAMIC;
}

/* Of a script, what is after #! in its first line, links resolved; else the file itself. */
static void loaded_find(const char *path, char loaded[PATH_MAX])
{
	char line[256] = "", *start = line + 2;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t length = fd < 0 ? -1 : pread(fd, line, sizeof(line) - 1, 0);

	if (fd >= 0)
		close(fd);
	if (length < 2 || memcmp(line, "#!", 2) != 0) {
		if (!realpath(path, loaded))
			snprintf(loaded, PATH_MAX, "%s", path);
		return;
	}
	start += strspn(start, " \t");
	start[strcspn(start, " \t\n")] = '\0';
	if (!realpath(start, loaded))
		snprintf(loaded, PATH_MAX, "%s", start);
}

static int is_privileged(const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0)
		return 1;
	return getxattr(path, "security.capability", NULL, 0) > 0;
}

/* Can it be run? Returns 0, or an errno. */
static int runnable(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return EACCES;
	return access(path, X_OK) < 0 ? errno : 0;
}

/* Along PATH; what may not be run is remembered, and passed over. */
static int path_search(const char *name, char path[PATH_MAX])
{
	const char *at = getenv("PATH");
	int code = ENOENT, failed;

	for (at = at ? at : "/bin:/usr/bin"; *at; at += *at == ':') {
		int length = (int)strcspn(at, ":");

		if (snprintf(path, PATH_MAX, "%.*s%s%s", length, at, length ? "/" : "./", name) <
		    PATH_MAX) {
			failed = runnable(path);
			if (!failed)
				return 0;
			if (failed == EACCES)
				code = EACCES;
		}
		at += length;
	}
	return code;
}

int program_find(const char *name, struct program *program)
{
	int code;

	memset(program, 0, sizeof(*program));
	if (!*name)
		return ENOENT;
	if (strchr(name, '/')) {
		if (strlen(name) >= PATH_MAX)
			return ENAMETOOLONG;
		snprintf(program->path, sizeof(program->path), "%s", name);
		code = runnable(program->path);
	} else {
		code = path_search(name, program->path);
	}
	if (code)
		return code;
	loaded_find(program->path, program->loaded);
	program->kind = program_kind(program->loaded);
	program->privileged = is_privileged(program->loaded) && geteuid() != 0;
	return 0;
}

int program_exec(const struct program *program, char **arguments, int count)
{
	static char name[] = "/bin/sh";
	char path[PATH_MAX], **shell;

	execv(program->path, arguments);
	if (errno != ENOEXEC)
		return errno;
	shell = calloc((size_t)count + 2, sizeof(*shell));
	if (!shell)
		return ENOMEM;
	memcpy(path, program->path, sizeof(path));
	shell[0] = name;
	shell[1] = path;
	memcpy(shell + 2, arguments + 1, (size_t)count * sizeof(*shell)); /* and the NULL */
	execv(name, shell);
	free(shell);
	return errno;
}

const char *program_error_text(const struct program *program, int os_error)
{
	if (os_error != ENOENT)
		return strerror(os_error);
	return access(program->path, F_OK) < 0 ? "there is no such program"
					       : "the interpreter that it names is missing";
}

const char *program_obstacle(const struct program *program)
{
	if (program->privileged)
		return "it runs with more rights than its caller, so the loader ignores preloads";
	if (program->kind == PROGRAM_STATIC)
		return "it is linked statically, so nothing can be preloaded";
	if (program->kind == PROGRAM_MUSL)
		return "it is built for musl, and would not start under a plugin for glibc";
	if (program->kind == PROGRAM_FOREIGN)
		return "it is built for another word size or processor than the plugin";
	return NULL;
}
