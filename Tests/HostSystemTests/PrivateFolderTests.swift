import Glibc
import HostSystem
import TestBench
import Testing

@Suite struct PrivateFolderTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func error(_ body: () throws(FileError) -> Void) -> FileError? {
        do throws(FileError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    private func openingError(_ path: String) -> FileError? {
        error { () throws(FileError) in _ = try PrivateFolder.open(at: path) }
    }

    @Test func `a folder and its parents are made for the owner alone`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("a/b/c"))
        #expect(folder.path == scratch.file("a/b/c"))
        for name in ["a", "a/b", "a/b/c"] { #expect(scratch.mode(name) == S_IFDIR | 0o700) }
        #expect(try PrivateFolder.create(at: scratch.file("a/b/c")) == folder)
        #expect(try PrivateFolder.open(at: scratch.file("a/b/c")) == folder)
    }

    @Test func `a new folder is not made where others may exchange it`() throws {
        try scratch.makeFolder("open", mode: 0o777)
        try scratch.makeFolder("open/inner")
        for parent in ["open", "open/inner"] {
            let error = error { () throws(FileError) in
                _ = try PrivateFolder.createNew(at: scratch.file("\(parent)/new"))
            }
            #expect(error?.code == EACCES && error?.path == scratch.file("open"))
            #expect(error?.reason == "other users can write in it")
        }
        try scratch.makeFolder("sticky", mode: 0o1777)
        _ = try PrivateFolder.createNew(at: scratch.file("sticky/new"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a folder away"))
    func `nor in another user's folder`() throws {
        try scratch.makeFolder("foreign")
        #expect(chown(scratch.file("foreign"), 12345, 12345) == 0)
        #expect(PrivateFolder.exchangeablePart(of: scratch.file("foreign")) == scratch.file("foreign"))
        #expect(PrivateFolder.exchangeablePart(of: scratch.path) == nil)
    }

    @Test func `a file is for the owner alone`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try folder.replace("f", with: text("old"), durable: true)
        #expect(scratch.mode("p/f") == S_IFREG | 0o600)
        #expect(scratch.text("p/f") == "old")
        #expect(try folder.contents(of: "f", limit: 3) == text("old"))
        #expect(folder.file("f") == scratch.file("p/f"))
    }

    @Test func `a file is replaced whole, and whoever reads the old one goes on reading it`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try folder.replace("f", with: text("the old bytes"), durable: false)
        let reader = try Descriptor.open(folder.file("f"), O_RDONLY)
        try folder.replace("f", with: text("new"), durable: false)
        #expect(try reader.contents(limit: 100) == text("the old bytes"))
        #expect(scratch.text("p/f") == "new")
        #expect(try folder.names() == ["f"])
    }

    @Test func `a replaced file does not keep the permissions of the old one`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try scratch.write("old", to: "p/f", mode: 0o644)
        try folder.replace("f", with: text("new"), durable: false)
        #expect(scratch.permissions("p/f") == 0o600)
    }

    @Test func `a link in the place of a file is replaced, not followed`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try scratch.write("elsewhere", to: "target")
        try scratch.link("p/f", to: scratch.file("target"))
        try folder.replace("f", with: text("new"), durable: false)
        #expect(scratch.text("target") == "elsewhere")
        #expect(scratch.mode("p/f") == S_IFREG | 0o600)
    }

    @Test func `what a killed process left unfinished is in nobody's way`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try scratch.write("half", to: "p/.f.\(getpid()).new", mode: 0o644)
        try scratch.write("half", to: "p/.f.1.new")
        try folder.replace("f", with: text("whole"), durable: false)
        #expect(scratch.text("p/f") == "whole")
        #expect(scratch.permissions("p/f") == 0o600)
        #expect(try folder.names() == [".f.1.new", "f"])
    }

    @Test func `what a process left that died while it wrote goes when it is old`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        for name in [".old.7.new", ".young.7.new", "f", ".kept"] { try scratch.write("half", to: "p/\(name)") }
        var times = [timeval(tv_sec: 1000, tv_usec: 0), timeval(tv_sec: 1000, tv_usec: 0)]
        for name in [".old.7.new", "f", ".kept"] { #expect(utimes(scratch.file("p/\(name)"), &times) == 0) }
        folder.removeUnfinished(before: 1000)
        #expect(try folder.names() == [".kept", ".old.7.new", ".young.7.new", "f"])
        folder.removeUnfinished(before: 1001)
        #expect(try folder.names() == [".kept", ".young.7.new", "f"])
    }

    @Test func `a link in the place of the unfinished file is not followed`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try scratch.write("elsewhere", to: "target")
        try scratch.link("p/.f.\(getpid()).new", to: scratch.file("target"))
        try folder.replace("f", with: text("new"), durable: false)
        #expect(scratch.text("target") == "elsewhere")
        #expect(scratch.text("p/f") == "new")
    }

    @Test func `a failed replacement leaves the old file and nothing else`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try scratch.makeFolder("p/f")
        let error = error { () throws(FileError) in try folder.replace("f", with: [1], durable: false) }
        #expect(error == FileError(.rename, folder.file("f"), code: EISDIR))
        #expect(try folder.names() == ["f"])
        #expect(throws: FileError.self) {
            try folder.replace(String(repeating: "n", count: 250), with: [1], durable: false)
        }
        #expect(try folder.names() == ["f"])
    }

    /// In a process of its own, in which no file may be larger than 16 bytes.
    @Test func `a file that cannot be written whole leaves the old one and nothing else`() async {
        await #expect(processExitsWith: .success) {
            let isRight = try Self.isWholeOrNothing(underLimit: 16)
            exit(isRight ? 0 : 1)
        }
    }

    private static func isWholeOrNothing(underLimit limit: rlim_t) throws -> Bool {
        let scratch = try ScratchFolder()
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try folder.replace("f", with: Array("old".utf8), durable: false)
        signal(SIGXFSZ, SIG_IGN)
        var limits = rlimit(rlim_cur: limit, rlim_max: limit)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limits)
        let bytes = [UInt8](repeating: 1, count: 100)
        var errors: [FileError] = []
        do throws(FileError) { try folder.replace("f", with: bytes, durable: true) } catch { errors.append(error) }
        do throws(FileError) {
            let outcome: Result<Void, FileError> = bytes.withUnsafeBytes { bytes in
                Result { () throws(FileError) in try folder.create("g", containing: bytes) }
            }
            try outcome.get()
        } catch { errors.append(error) }
        let isAsBefore = try folder.names() == ["f"] && scratch.text("p/f") == "old"
        return errors.map(\.code) == [EFBIG, EFBIG] && isAsBefore
    }

    @Test func `a new file must be new`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try text("first").withUnsafeBytes { try folder.create("f", containing: $0) }
        #expect(scratch.mode("p/f") == S_IFREG | 0o600)
        let taken = FileError(.open, folder.file("f"), code: EEXIST)
        #expect(throws: taken) { try text("second").withUnsafeBytes { try folder.create("f", containing: $0) } }
        #expect(scratch.text("p/f") == "first")
        try scratch.link("p/link", to: scratch.file("nowhere"))
        #expect(throws: FileError.self) { try text("x").withUnsafeBytes { try folder.create("link", containing: $0) } }
        #expect(scratch.mode("nowhere") == nil)
        #expect(scratch.mode("p/link") != nil)
    }

    @Test func `a new folder must be new, in a folder that is there`() throws {
        _ = try PrivateFolder.createNew(at: scratch.file("p"))
        #expect(scratch.mode("p") == S_IFDIR | 0o700)
        #expect(throws: FileError(.make, scratch.file("p"), code: EEXIST)) {
            try PrivateFolder.createNew(at: scratch.file("p"))
        }
        #expect(throws: FileError(.make, scratch.file("q/p"), code: ENOENT)) {
            try PrivateFolder.createNew(at: scratch.file("q/p"))
        }
        try scratch.link("dangling", to: scratch.file("nowhere"))
        #expect(throws: FileError.self) { try PrivateFolder.createNew(at: scratch.file("dangling")) }
    }

    @Test(arguments: ["", "/", "//"])
    func `a link in the place of the folder is refused as what it is`(end: String) throws {
        try scratch.makeFolder("real")
        try scratch.link("link", to: scratch.file("real"))
        let error = try #require(openingError(scratch.file("link") + end))
        #expect(error.code == ELOOP)
        #expect(error.reason == "it is a symbolic link, which is not followed here")
        #expect(!error.isMissing)
        #expect(throws: error) { try PrivateFolder.create(at: scratch.file("link") + end) }
        #expect(throws: FileError.self) { try PrivateFolder.createNew(at: scratch.file("link") + end) }
    }

    @Test func `a dangling link in the place of the folder is refused too`() throws {
        try scratch.link("link", to: scratch.file("nowhere"))
        #expect(openingError(scratch.file("link"))?.code == ELOOP)
        #expect(throws: FileError.self) { try PrivateFolder.create(at: scratch.file("link")) }
        #expect(scratch.mode("nowhere") == nil)
    }

    @Test func `slashes at the end of a path do not matter`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p//"))
        #expect(folder.path == scratch.file("p"))
        #expect(try PrivateFolder.open(at: scratch.file("p/")) == folder)
    }

    @Test func `what is missing is missing, and a file is no folder`() throws {
        #expect(openingError(scratch.file("missing")) == FileError(.open, scratch.file("missing"), code: ENOENT))
        try scratch.write("x", to: "file")
        #expect(openingError(scratch.file("file"))?.code == ENOTDIR)
        #expect(throws: FileError.self) { try PrivateFolder.create(at: scratch.file("file")) }
        #expect(throws: FileError.self) { try PrivateFolder.create(at: scratch.file("file/below")) }
    }

    @Test(arguments: [0o770, 0o702, 0o777, 0o720, 0o1777])
    func `a folder in which others may write is refused`(mode: UInt32) throws {
        try scratch.makeFolder("p", mode: mode)
        let error = try #require(openingError(scratch.file("p")))
        #expect(error == FileError(.use, scratch.file("p"), code: EACCES))
        #expect(error.reason == "other users can write in it")
        #expect(throws: error) { try PrivateFolder.create(at: scratch.file("p")) }
        #expect(scratch.permissions("p") == mode)
    }

    @Test(arguments: [0o700, 0o750, 0o755, 0o500])
    func `a folder in which others may read is not`(mode: UInt32) throws {
        try scratch.makeFolder("p", mode: mode)
        #expect(openingError(scratch.file("p")) == nil)
    }

    @Test func `another user's folder is refused`() throws {
        try scratch.makeFolder("p")
        // Everybody but root finds such a folder at the very top.
        let path = geteuid() == 0 ? scratch.file("p") : "/"
        if geteuid() == 0 { try #require(chown(path, 65_534, 65_534) == 0) }
        let error = try #require(openingError(path))
        #expect(error == FileError(.use, path, code: EPERM))
        #expect(error.reason == "it belongs to another user")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func `another user's file is refused`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try scratch.write("x", to: "p/f", mode: 0o644)
        try #require(chown(folder.file("f"), 65_534, 65_534) == 0)
        let foreign = FileError(.read, folder.file("f"), code: EPERM)
        #expect(foreign.reason == "it belongs to another user")
        #expect(throws: foreign) { try folder.contents(of: "f", limit: 10) }
    }

    @Test func `only a regular file is read`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try scratch.write("elsewhere", to: "target")
        try scratch.link("p/link", to: scratch.file("target"))
        try scratch.makeFolder("p/folder")
        try scratch.makePipe("p/pipe")
        #expect(throws: FileError(.open, folder.file("link"), code: ELOOP)) {
            try folder.contents(of: "link", limit: 10)
        }
        for name in ["folder", "pipe"] {
            let error = FileError.notRegular(folder.file(name))
            #expect(throws: error) { try folder.contents(of: name, limit: 10) }
            #expect(error.reason == "it is not a regular file")
        }
        try scratch.write("12345", to: "p/long")
        #expect(throws: FileError(.read, folder.file("long"), code: EFBIG)) {
            try folder.contents(of: "long", limit: 4)
        }
    }

    @Test func `a link is removed, never what it points to`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try scratch.write("elsewhere", to: "target")
        try scratch.link("p/link", to: scratch.file("target"))
        #expect(try folder.remove("link"))
        #expect(scratch.text("target") == "elsewhere")
        #expect(try !folder.remove("link"))
        #expect(try !folder.remove("never/there"))
        try scratch.makeFolder("p/folder")
        #expect(throws: FileError.self) { try folder.remove("folder") }
    }

    @Test func `a folder is removed only when it is empty`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        try folder.replace("f", with: [], durable: false)
        #expect(!folder.removeIfEmpty())
        try folder.remove("f")
        #expect(folder.removeIfEmpty())
        #expect(scratch.mode("p") == nil)
        #expect(folder.removeIfEmpty(), "it is gone")
    }

    @Test func `all names are listed, hidden ones too`() throws {
        let folder = try PrivateFolder.create(at: scratch.file("p"))
        for name in ["b", ".a", "c d", "é", "ab"] { try folder.replace(name, with: [], durable: false) }
        #expect(try folder.names() == [".a", "ab", "b", "c d", "é"])
        folder.removeIfEmpty()
        try scratch.makeFolder("q")
        let gone = try PrivateFolder.open(at: scratch.file("q"))
        gone.removeIfEmpty()
        #expect(throws: FileError(.list, scratch.file("q"), code: ENOENT)) { try gone.names() }
    }
}
