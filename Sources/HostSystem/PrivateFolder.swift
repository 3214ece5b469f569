package import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A folder in which only this user can write, with files that only this user can read or write.
///
/// One that is made here, nobody else can read either; one that was there before may let others look.
///
/// Everything goes through names inside the folder, and no symbolic link is followed, neither at the folder nor inside.
package struct PrivateFolder: Equatable, Sendable {
    package let path: String

    private init(path: String) {
        self.path = path
    }

    /// Makes the folder, and its parents, if they are missing.
    ///
    /// - Throws: also when what is there belongs to another user (`EPERM`), lets others write (`EACCES`), or is a link.
    package static func create(at path: String) throws(FileError) -> PrivateFolder {
        do throws(FileError) {
            return try open(at: path)
        } catch {
            guard error.isMissing else { throw error }
        }
        try makeFolders(FilePath.withoutTrailingSlashes(path))
        return try open(at: path)
    }

    /// Makes a folder that must not be there yet, in one that must.
    ///
    /// - Throws: also `EACCES` where another user could put something else in the place of the new folder.
    package static func createNew(at path: String) throws(FileError) -> PrivateFolder {
        if let parent = exchangeablePart(of: FilePath.directory(of: path)) {
            throw FileError(.use, parent, code: EACCES)
        }
        guard mkdir(path, 0o700) == 0 else { throw .last(.make, path) }
        return try open(at: path)
    }

    /// The folder on the way to a path in which somebody else could rename what does not belong to them; nil when there
    /// is none.
    ///
    /// Where the sticky bit is set, as in `/tmp`, others cannot.
    package static func exchangeablePart(of path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        var part = String(cString: resolved)
        while true {
            var status = stat()
            guard stat(part, &status) == 0 else { return nil }
            let isOpenToOthers = status.st_mode & 0o022 != 0 && status.st_mode & S_ISVTX == 0
            // What a container does not know the owner of, it shows as nobody's.
            let isForeign = ![geteuid(), 0, 65534].contains(status.st_uid)
            if isOpenToOthers || isForeign { return part }
            guard part != "/" else { return nil }
            part = FilePath.directory(of: part)
        }
    }

    /// The folder as it is there already.
    package static func open(at path: String) throws(FileError) -> PrivateFolder {
        let path = FilePath.withoutTrailingSlashes(path)
        let folder = try openFolder(path)
        let status = try folder.status()
        guard status.st_uid == geteuid() else { throw FileError(.use, path, code: EPERM) }
        guard status.st_mode & 0o022 == 0 else { throw FileError(.use, path, code: EACCES) }
        return PrivateFolder(path: path)
    }

    /// The path of a file in it.
    package func file(_ name: String) -> String {
        path + "/" + name
    }

    /// Puts a whole file in place by rename, 0600: a reader sees the old bytes or the new ones, never a part.
    ///
    /// - Parameter durable: after a crash of the machine there are the new bytes, or those that were replaced.
    package func replace(_ name: String, with bytes: [UInt8], durable: Bool) throws(FileError) {
        let temporary = file(".\(name).\(getpid()).new")
        let isNew = access(file(name), F_OK) != 0
        unlink(temporary)
        do throws(FileError) {
            let new = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
            try new.write(bytes)
            if durable { try new.synchronize() }
            guard rename(temporary, file(name)) == 0 else { throw FileError.last(.rename, file(name)) }
        } catch {
            unlink(temporary)
            throw error
        }
        // A name that was there before need not be brought to the disk: both files behind it are whole.
        if durable, isNew { try Descriptor.open(path, O_RDONLY | O_DIRECTORY).synchronize() }
    }

    /// Makes a file that must not be there yet, 0600.
    package func create(_ name: String, containing bytes: UnsafeRawBufferPointer) throws(FileError) {
        do throws(FileError) {
            let new = try Descriptor.open(file(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
            try new.write(bytes)
        } catch {
            if error.code != EEXIST { unlink(file(name)) }
            throw error
        }
    }

    /// The bytes of a regular file of this user.
    ///
    /// - Throws: also `ELOOP` for a symbolic link, `EINVAL` for what is no regular file, `EPERM` for another user's.
    package func contents(of name: String, limit: Int) throws(FileError) -> [UInt8] {
        try opened(name).contents(limit: limit)
    }

    /// The same of what may be a secret.
    package func secret(in name: String, limit: Int) throws(FileError) -> Secret {
        try opened(name).secret(limit: limit)
    }

    /// Overwrites bytes of a regular file of this user with as many others, in one piece and without a flush.
    package func overwrite(_ bytes: [UInt8], at offset: Int, of name: String) throws(FileError) {
        let target = try opened(name, O_WRONLY)
        guard pwrite(target.number, bytes, bytes.count, off_t(offset)) == bytes.count else {
            throw .last(.write, file(name))
        }
    }

    /// Adds bytes to a regular file of this user, without a flush.
    package func append(_ bytes: [UInt8], to name: String) throws(FileError) {
        try opened(name, O_WRONLY | O_APPEND).write(bytes)
    }

    private func opened(_ name: String, _ access: Int32 = O_RDONLY) throws(FileError) -> Descriptor {
        let source = try Descriptor.open(file(name), access | O_NOFOLLOW | O_NONBLOCK)
        let status = try source.status()
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError.notRegular(file(name)) }
        guard status.st_uid == geteuid() else { throw FileError(.read, file(name), code: EPERM) }
        return source
    }

    /// Removes a file or a link, never what a link points to.
    ///
    /// Says whether something was there.
    @discardableResult
    package func remove(_ name: String) throws(FileError) -> Bool {
        if unlink(file(name)) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw .last(.remove, file(name)) }
        return false
    }

    /// Removes the folder itself, if it is empty.
    ///
    /// Says whether it is gone.
    @discardableResult
    package func removeIfEmpty() -> Bool { Self.removeIfEmpty(at: path) }

    /// The same of a folder that may be a link, which stays.
    @discardableResult
    package static func removeIfEmpty(at path: String) -> Bool {
        rmdir(path) == 0 || errno == ENOENT
    }

    /// The names of what is in it, sorted; hidden ones too.
    package func names() throws(FileError) -> [String] {
        try Self.names(in: path)
    }

    /// The same of a folder that need not be private.
    ///
    /// - Parameter prefix: what the names begin with; a temporary folder may hold thousands of others, which cost nothing.
    package static func names(in path: String, beginningWith prefix: String = "") throws(FileError) -> [String] {
        guard let listing = opendir(path) else { throw .last(.list, path) }
        defer { closedir(listing) }
        var names: [String] = []
        let prefix = Array(prefix.utf8CString.dropLast())
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    strncmp(name, prefix, prefix.count) == 0 ? String(cString: name) : nil
                }
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Whether nothing in the folder was made, renamed or removed since a moment: Unix time, seconds.
    package func isUntouched(since moment: Int64) -> Bool { Self.isUntouched(path, since: moment) }

    /// Removes what a process that died within `replace` has left, if it was last touched before a moment.
    ///
    /// - Parameters:
    ///   - moment: Unix time, seconds. Whoever wrote it must be dead by then: process ids do not tell, since several
    ///     containers may share the folder.
    ///   - names: what is in the folder; nil when it has to be listed.
    package func removeUnfinished(before moment: Int64, among names: [String]? = nil) {
        remove(untouchedSince: moment, among: names) { $0.hasPrefix(".") && $0.hasSuffix(".new") }
    }

    /// Removes files that were last written before a moment: Unix time, seconds.
    ///
    /// - Parameter names: what is in the folder; nil when it has to be listed.
    package func remove(untouchedSince moment: Int64, among names: [String]? = nil, where isMeant: (String) -> Bool) {
        for name in names ?? (try? self.names()) ?? [] {
            if isMeant(name), Self.isUntouched(file(name), since: moment) { _ = try? remove(name) }
        }
    }

    private static func isUntouched(_ path: String, since moment: Int64) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && Int64(status.modificationSeconds) < moment
    }

    private static func openFolder(_ path: String) throws(FileError) -> Descriptor {
        do throws(FileError) {
            return try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        } catch {
            // Linux says of a link only that it is no folder, which would look as if there were none.
            var status = stat()
            let isLink = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
            throw isLink ? FileError(.open, path, code: ELOOP) : error
        }
    }

    private static func makeFolders(_ path: String) throws(FileError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .last(.make, path)
        }
        try makeFolders(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .last(.make, path) }
    }
}

extension stat {
    fileprivate var modificationSeconds: Int {
        #if canImport(Darwin)
        st_mtimespec.tv_sec
        #else
        st_mtim.tv_sec
        #endif
    }
}
