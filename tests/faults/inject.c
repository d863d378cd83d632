/* Preloaded into clariond and its clients: counts their calls into the C library, and makes one of them fail
 * as the shared page says. Without the page's name in the environment everything is as ever. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include "inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <unwind.h>

/* glibc's own allocator, by the names that it keeps for those who stand in front of it. */
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t count, size_t len);
void *__libc_realloc(void *block, size_t len);
void __libc_free(void *block);

static struct inject_page *page;
static enum inject_role role = INJECT_CLIENT;

static bool is_in(const char *text, size_t len, const char *word)
{
	return memmem(text, len, word, strlen(word)) != NULL;
}

static void learn_role(void)
{
	static const struct {
		const char *word;
		enum inject_role role;
	} words[] = { { "--role=front", INJECT_FRONT }, { "--role=store", INJECT_STORE },
		{ "--role=notify", INJECT_NOTIFY }, { "--role=checkpoint", INJECT_CHECKPOINT },
		{ "clariond", INJECT_SUPERVISOR } };
	char line[4096];
	long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
	long len = fd < 0 ? 0 : syscall(SYS_read, fd, line, sizeof line);

	if (fd >= 0)
		syscall(SYS_close, fd);
	for (size_t i = 0; len > 0 && i < sizeof words / sizeof *words; i++) {
		if (is_in(line, (size_t)len, words[i].word)) {
			role = words[i].role;
			return;
		}
	}
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv(INJECT_NAME);
	long fd = path == NULL ? -1 : syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	void *shared = MAP_FAILED;

	if (fd < 0)
		return;
	shared = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
	syscall(SYS_close, fd);
	if (shared == MAP_FAILED)
		return;
	learn_role();
	page = shared;
	page->blocks[role] = 0;
}

/* --- places */

struct chain {
	uint64_t hash;
	unsigned depth, own_count;
	int64_t own[INJECT_DEPTH];
	bool own_only;
};

static void mix(struct chain *chain, uint64_t value)
{
	chain->hash = (chain->hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
	chain->hash ^= chain->hash >> 29;
}

/* Addresses count from where their file is mapped, which differs from run to run. */
static _Unwind_Reason_Code take_frame(struct _Unwind_Context *context, void *chain_of)
{
	struct chain *chain = chain_of;
	uintptr_t address = _Unwind_GetIP(context);
	struct dl_find_object here, found;
	bool is_own;

	if (_dl_find_object((void *)address, &found) != 0 ||
		_dl_find_object((void *)(uintptr_t)take_frame, &here) != 0)
		return _URC_END_OF_STACK;
	is_own = found.dlfo_link_map->l_name[0] == '\0';
	if (found.dlfo_map_start == here.dlfo_map_start || (chain->own_only && !is_own))
		return _URC_NO_REASON;
	if (is_own)
		chain->own[chain->own_count++] = (int64_t)(address - (uintptr_t)found.dlfo_map_start);
	mix(chain, address - (uintptr_t)found.dlfo_map_start);
	mix(chain, (uint64_t)((char *)found.dlfo_map_end - (char *)found.dlfo_map_start));
	return ++chain->depth == INJECT_DEPTH ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static int64_t place_of(enum inject_call call, struct chain *chain)
{
	static __thread bool is_inside;
	int64_t hash;

	*chain = (struct chain){ .own_only = call == INJECT_MEMORY };
	if (is_inside)
		return 0;
	is_inside = true;
	mix(chain, (uint64_t)call + 1);
	mix(chain, (uint64_t)role + 1);
	(void)_Unwind_Backtrace(take_frame, chain);
	is_inside = false;
	hash = (int64_t)(chain->hash & INT64_MAX);
	return chain->depth == 0 ? 0 : hash == 0 ? 1 : hash;
}

static void note_place(enum inject_call call)
{
	struct chain chain;
	int64_t hash = place_of(call, &chain);

	for (size_t i = 0; hash != 0 && i < INJECT_PLACES; i++) {
		struct inject_place *place = &page->places[((size_t)hash + i) % INJECT_PLACES];
		int64_t none = 0;

		if (atomic_compare_exchange_strong(&place->hash, &none, hash)) {
			place->role = (int64_t)role;
			place->call = (int64_t)call;
			place->phase = page->phase;
			return;
		}
		if (none == hash)
			return;
	}
}

static bool is_the_place(enum inject_call call)
{
	struct chain chain;
	int64_t hash;

	if (page->place == 0 || page->role != (int64_t)role || page->call != (int64_t)call)
		return false;
	hash = place_of(call, &chain);
	if (hash == 0 || !atomic_compare_exchange_strong(&page->place, &hash, 0))
		return false;
	memcpy(page->where, chain.own, sizeof chain.own);
	atomic_fetch_add(&page->fired, 1);
	return true;
}

/* Whether this call is the one; *ret_error says how. */
static bool is_the_one(enum inject_call call, int64_t *ret_error)
{
	if (page == NULL)
		return false;
	if (page->phase != 0)
		note_place(call);
	*ret_error = page->error;
	if (is_the_place(call))
		return true;
	if (page->countdown <= 0 || page->role != (int64_t)role || page->call != (int64_t)call)
		return false;
	*ret_error = page->error;
	if (atomic_fetch_sub(&page->countdown, 1) != 1)
		return false;
	atomic_fetch_add(&page->fired, 1);
	return true;
}

/* True where the call fails, with errno set; *len is halved where it is to be cut short. */
static bool fails(enum inject_call call, size_t *len)
{
	int64_t error = 0;

	if (!is_the_one(call, &error))
		return false;
	if (error == INJECT_SHORT) {
		*len = *len > 1 ? *len / 2 : *len;
		return false;
	}
	errno = (int)error;
	return true;
}

static bool just_fails(enum inject_call call)
{
	size_t len = 0;

	return fails(call, &len);
}

#ifndef INJECT_WITHOUT_MEMORY
/* --- memory */

static void *counted(void *block)
{
	if (page != NULL && block != NULL)
		atomic_fetch_add(&page->blocks[role], 1);
	return block;
}

void *malloc(size_t len)
{
	return just_fails(INJECT_MEMORY) ? NULL : counted(__libc_malloc(len));
}

void *calloc(size_t count, size_t len)
{
	return just_fails(INJECT_MEMORY) ? NULL : counted(__libc_calloc(count, len));
}

void *realloc(void *block, size_t len)
{
	if (just_fails(INJECT_MEMORY))
		return NULL;
	return block == NULL ? counted(__libc_realloc(NULL, len)) : __libc_realloc(block, len);
}

void free(void *block)
{
	if (page != NULL && block != NULL)
		atomic_fetch_sub(&page->blocks[role], 1);
	__libc_free(block);
}
#endif

/* --- files and sockets */

ssize_t read(int fd, void *data, size_t len)
{
	return fails(INJECT_READ, &len) ? -1 : syscall(SYS_read, fd, data, len);
}

ssize_t pread64(int fd, void *data, size_t len, off64_t at)
{
	return fails(INJECT_READ, &len) ? -1 : syscall(SYS_pread64, fd, data, len, at);
}

ssize_t pread(int fd, void *data, size_t len, off_t at)
{
	return pread64(fd, data, len, at);
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
	size_t some = (size_t)count;

	return fails(INJECT_READ, &some) ? -1 : syscall(SYS_readv, fd, parts, some);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	return just_fails(INJECT_READ) ? -1 : syscall(SYS_recvmsg, fd, message, flags);
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
	return fails(INJECT_READ, &len) ? -1 : syscall(SYS_recvfrom, fd, data, len, flags, NULL, NULL);
}

ssize_t write(int fd, const void *data, size_t len)
{
	return fails(INJECT_WRITE, &len) ? -1 : syscall(SYS_write, fd, data, len);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return fails(INJECT_WRITE, &len) ? -1 : syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite64(fd, data, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	size_t some = (size_t)count;

	return fails(INJECT_WRITE, &some) ? -1 : syscall(SYS_writev, fd, parts, some);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return just_fails(INJECT_WRITE) ? -1 : syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	return fails(INJECT_WRITE, &len) ? -1 : syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
}

int ftruncate64(int fd, off64_t size)
{
	return just_fails(INJECT_WRITE) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int fsync(int fd)
{
	return just_fails(INJECT_SYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return just_fails(INJECT_SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
	return just_fails(INJECT_OPEN) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define WITH_MODE(flags, folder, path)                                                                       \
	do {                                                                                                 \
		va_list arguments;                                                                           \
		mode_t mode;                                                                                 \
                                                                                                             \
		va_start(arguments, flags);                                                                  \
		mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;                 \
		va_end(arguments);                                                                           \
		return open_at(folder, path, flags, mode);                                                   \
	} while (0)

int open(const char *path, int flags, ...)
{
	WITH_MODE(flags, AT_FDCWD, path);
}

int open64(const char *path, int flags, ...)
{
	WITH_MODE(flags, AT_FDCWD, path);
}

int openat(int folder, const char *path, int flags, ...)
{
	WITH_MODE(flags, folder, path);
}

int openat64(int folder, const char *path, int flags, ...)
{
	WITH_MODE(flags, folder, path);
}

int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	return just_fails(INJECT_ACCEPT) ? -1 : (int)syscall(SYS_accept4, fd, address, len, flags);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	return just_fails(INJECT_CONNECT) ? -1 : (int)syscall(SYS_connect, fd, address, len);
}
