import CISystems
import Glibc
import HostSystem
import RunnerGrammars
import Secrets
import TestBench
import Testing

/// The files of a script, without a shell.
@Suite struct ScriptFileTests {
    private let scratch: ScratchFolder
    private let token: String

    init() throws {
        scratch = try ScratchFolder()
        var generator = SeededGenerator(seed: 440)
        token = generator.token()
    }

    @Test func `the secret is in a second file, and both are for the owner alone`() throws {
        let script = try SourcedScript.inPrivateFolder(under: [scratch.path], randomness: .system)
        try script.writeExport(of: [.secret("TOKEN", Secret(token)), .plain("ID", "it's")], randomness: .system)
        let folder = try #require(scratch.names.first)
        #expect(script.path == scratch.file("\(folder)/export.sh"))
        #expect(scratch.names.count == 1)
        #expect(scratch.names(in: folder) == ["export.sh", "export.sh.values"])
        #expect(scratch.permissions(folder) == 0o700)
        // Executed, it says that it has to be sourced.
        #expect(scratch.permissions("\(folder)/export.sh") == 0o700)
        #expect(scratch.permissions("\(folder)/export.sh.values") == 0o600)
        #expect(scratch.text("\(folder)/export.sh.values") == token + "\n")
        let text = try #require(scratch.text("\(folder)/export.sh"))
        #expect(!text.contains(token))
        #expect(text.contains("export ID='it'\\''s'\n"))
    }

    @Test func `no name can be guessed`() throws {
        for _ in 0..<3 { _ = try SourcedScript.inPrivateFolder(under: [scratch.path], randomness: .system) }
        #expect(scratch.names.count == 3)
        for name in scratch.names { #expect(name.groups(of: "pulumi-token-[0-9a-f-]{36}") != nil) }
    }

    /// Whoever can rename the folder can put another script in its place.
    @Test func `a folder that others may exchange is passed over`() throws {
        for (name, mode) in [("open", 0o777), ("group", 0o770), ("sticky", 0o1777)] as [(String, UInt32)] {
            try scratch.makeFolder(name, mode: mode)
            try scratch.makeFolder(name + "/inner")
        }
        let unsafe = ["open", "group", "open/inner", "group/inner"].map(scratch.file)
        for parent in unsafe {
            #expect(throws: ExportError.self) {
                try SourcedScript.inPrivateFolder(under: [parent], randomness: .system)
            }
        }
        for safe in ["sticky", "sticky/inner"] {
            let script = try SourcedScript.inPrivateFolder(under: unsafe + [scratch.file(safe)], randomness: .system)
            #expect(script.path.hasPrefix(scratch.file(safe) + "/"))
        }
    }

    @Test func `the first folder that allows it is taken`() throws {
        try scratch.write("", to: "file")
        try scratch.makeFolder("second")
        let parents = [scratch.file("missing"), scratch.file("file"), scratch.file("second"), scratch.path]
        let script = try SourcedScript.inPrivateFolder(under: parents, randomness: .system)
        #expect(script.path.hasPrefix(scratch.file("second/")))
        #expect(throws: ExportError.self) {
            try SourcedScript.inPrivateFolder(under: [scratch.file("missing")], randomness: .system)
        }
        #expect(throws: ExportError.unusablePath("")) {
            try SourcedScript.inPrivateFolder(under: [], randomness: .system)
        }
    }

    @Test func `what was never sourced is removed, and only that`() throws {
        let script = try SourcedScript.inPrivateFolder(under: [scratch.path], randomness: .system)
        try script.writeExport(of: [.secret("TOKEN", Secret(token))], randomness: .system)
        try SourcedScript(at: script.path).remove()
        #expect(scratch.names == [])
        script.remove()

        let ours = try SourcedScript.inPrivateFolder(under: [scratch.path], randomness: .system)
        let folder = try #require(scratch.names.first)
        try scratch.write("x", to: "\(folder)/foreign")
        ours.remove()
        #expect(scratch.names(in: folder) == ["foreign"])
    }

    @Test func `a script of the user's choice leaves its folder alone`() throws {
        try scratch.makeFolder("mine")
        let script = try SourcedScript(at: scratch.file("mine/token.sh"))
        try script.writeExport(of: [.secret("TOKEN", Secret(token))], randomness: .system)
        #expect(scratch.names(in: "mine") == ["token.sh", "token.sh.values"])
        #expect(scratch.text("mine/token.sh")?.contains("rmdir") == false)
        script.remove()
        #expect(scratch.names(in: "mine") == [])
        #expect(scratch.names == ["mine"])
    }

    @Test func `a script is replaced, a link or a folder in its place is not`() throws {
        let script = try SourcedScript(at: scratch.file("s.sh"))
        try scratch.write("old", to: "s.sh", mode: 0o755)
        try script.writeExport(of: [.plain("A", "1")], randomness: .system)
        #expect(scratch.permissions("s.sh") == 0o700)
        try scratch.write("elsewhere", to: "target")
        try scratch.link("link.sh", to: scratch.file("target"))
        try scratch.makeFolder("folder.sh")
        for name in ["link.sh", "folder.sh"] {
            let script = try SourcedScript(at: scratch.file(name))
            #expect(throws: ExportError.notAPlainFile(path: scratch.file(name))) {
                try script.writeExport(of: [.secret("TOKEN", Secret(token))], randomness: .system)
            }
        }
        #expect(scratch.text("target") == "elsewhere")
        #expect(scratch.mode("folder.sh.values") == nil, "the secret is taken back")
        #expect(scratch.mode("link.sh.values") == nil)
    }

    @Test(arguments: ["", "relative.sh", "./x.sh", "/tmp/", "/", "/tmp/a\nb", "/tmp/a\0b", "/tmp/a\u{7F}", "/tmp/a\tb"])
    func `a path that no shell could name is refused`(path: String) {
        #expect(throws: ExportError.unusablePath(path)) { try SourcedScript(at: path) }
    }

    @Test func `a folder that is gone is made again for what a shell was told`() throws {
        let path = scratch.file("pulumi-token-1/export.sh")
        let script = try SourcedScript(at: path, makingFolder: true)
        #expect(scratch.permissions("pulumi-token-1") == 0o700)
        try script.writeFailure(unsetting: ["TOKEN"], exitCode: 69, randomness: .system)
        #expect(scratch.text("pulumi-token-1/export.sh")?.contains("return 69 2>/dev/null || exit 69\n") == true)
        _ = try SourcedScript(at: scratch.file("other/export.sh"), makingFolder: true)
        #expect(scratch.mode("other") == nil)
    }

    @Test(arguments: [
        (ExportedVariable.plain("A B", "x"), ExportError.unusableName("A B", .malformed)),
        (
            .secret("TOKEN", Secret("two\nlines")),
            .unrepresentable(name: "TOKEN", format: "a line of a file", reason: "it has several lines")
        ),
        (
            .plain("A", "x\0y"),
            .unrepresentable(name: "A", format: "a line of a file", reason: "it contains a NUL byte")
        ),
        (
            .secret("A", Secret([0])),
            .unrepresentable(name: "A", format: "a line of a file", reason: "it contains a NUL byte")
        ),
    ])
    func `what a line cannot carry is refused before anything is written`(
        variable: ExportedVariable,
        error: ExportError
    ) throws {
        let script = try SourcedScript(at: scratch.file("s.sh"))
        #expect(throws: error) {
            try script.writeExport(of: [.secret("FIRST", Secret(token)), variable], randomness: .system)
        }
        #expect(scratch.names == [])
        #expect(throws: ExportError.unusableName("A B", .malformed)) {
            try script.writeFailure(unsetting: ["A B"], exitCode: 1, randomness: .system)
        }
        #expect(scratch.names == [])
    }
}

@Suite struct PrivateFileTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
    }

    private func write(_ text: String, to name: String, by write: @escaping WriteCall = systemWrite) throws {
        try PrivateFile(path: scratch.file(name)).write(Secret(text), randomness: .system, write: write)
    }

    @Test func `a file is for its owner alone, whatever was there`() throws {
        try scratch.write("old", to: "f", mode: 0o666)
        try write("new", to: "f")
        #expect(scratch.text("f") == "new")
        #expect(scratch.permissions("f") == 0o600)
        #expect(scratch.names == ["f"])
    }

    @Test func `short and interrupted writes go on`() throws {
        let calls = Calls()
        try write("0123456789", to: "f") { descriptor, bytes in
            calls.count += 1
            guard calls.count % 2 == 0 else {
                errno = EINTR
                return -1
            }
            return systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(3)))
        }
        #expect(scratch.text("f") == "0123456789")
        #expect(calls.count == 8)
    }

    @Test(arguments: [ENOSPC, EIO])
    func `a failed write leaves the old file and nothing else`(code: Int32) throws {
        try scratch.write("old", to: "f")
        let calls = Calls()
        #expect(throws: ExportError.unwritable(path: scratch.file("f"), code: code)) {
            try write("0123456789", to: "f") { descriptor, bytes in
                calls.count += 1
                if calls.count == 1 {
                    return systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(3)))
                }
                errno = code
                return code == ENOSPC ? 0 : -1
            }
        }
        #expect(scratch.text("f") == "old")
        #expect(scratch.names == ["f"])
    }

    @Test func `only a plain file is replaced`() throws {
        try scratch.makeFolder("folder")
        try scratch.makePipe("pipe")
        try scratch.link("link", to: scratch.file("nowhere"))
        for name in ["folder", "pipe", "link"] {
            #expect(throws: ExportError.notAPlainFile(path: scratch.file(name))) { try write("x", to: name) }
        }
        #expect(scratch.names == ["folder", "link", "pipe"])
        #expect(throws: ExportError.unwritable(path: scratch.file("missing/f"), code: ENOENT)) {
            try write("x", to: "missing/f")
        }
    }
}
