internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A file that is to be executed, as far as the kernel looks at it before its first instruction runs.
///
/// The formats: https://man7.org/linux/man-pages/man2/execve.2.html and https://man7.org/linux/man-pages/man5/elf.5.html
struct ProgramFile {
    /// How far the kernel reads a `#!` line, in bytes.
    private static let lineLimit = 256
    /// How many scripts may interpret one another.
    private static let depthLimit = 5

    private let path: [UInt8]
    private let depth: Int

    init(_ path: [UInt8], depth: Int = 0) {
        self.path = path
        self.depth = depth
    }

    /// - Throws: when the file cannot run here. What cannot be read cannot be judged, and passes.
    func check() throws(CommandError) {
        guard let image = ProgramImage(path), let head = image.bytes(at: 0, count: Self.lineLimit) else { return }
        if head.starts(with: Array("#!".utf8)) {
            guard let interpreter = Self.interpreter(inLine: head.dropFirst(2)) else {
                throw .unknownFormat(path: name)
            }
            try checkInterpreter(interpreter)
            if depth < Self.depthLimit { try ProgramFile(interpreter, depth: depth + 1).check() }
        } else if head.starts(with: [0x7F] + Array("ELF".utf8)) {
            guard Self.runsHere(machine: head) || Self.otherFormatsMayRun else { throw .otherProcessor(path: name) }
            if let interpreter = image.elfInterpreter() { try checkInterpreter(interpreter) }
        } else if Self.isText(head) || !Self.otherFormatsMayRun {
            throw .unknownFormat(path: name)
        }
    }

    private var name: String { String(decoding: path, as: UTF8.self) }

    private func checkInterpreter(_ interpreter: [UInt8]) throws(CommandError) {
        let shown = String(decoding: interpreter, as: UTF8.self)
        switch CommandLookup.accessCode(interpreter) {
        case 0: return
        case ENOENT, ENOTDIR: throw .interpreterMissing(path: name, interpreter: shown)
        case let code: throw .notExecutable(path: shown, code: code)
        }
    }

    /// The first word behind `#!`.
    private static func interpreter(inLine line: some Collection<UInt8>) -> [UInt8]? {
        let blanks: [UInt8] = [0x20, 0x09]
        let text = line.prefix { $0 != 0x0A && $0 != 0 }.drop { blanks.contains($0) }.prefix { !blanks.contains($0) }
        return text.isEmpty ? nil : Array(text)
    }

    /// Whether an ELF file is for a processor whose programs a kernel of this one may run, those of 32 bits included.
    private static func runsHere(machine head: [UInt8]) -> Bool {
        #if arch(x86_64)
        let machines: [UInt8] = [62, 3]
        #elseif arch(arm64)
        let machines: [UInt8] = [183, 40]
        #else
        let machines: [UInt8] = []
        #endif
        // A file that ends before is left to the kernel.
        guard head.count > 19, !machines.isEmpty else { return true }
        let isLittleEndian = head[5] == 1
        return isLittleEndian && head[19] == 0 && machines.contains(head[18])
    }

    /// Whether no format of a program begins like this: a script without its first line, or nothing at all.
    private static func isText(_ head: [UInt8]) -> Bool {
        head.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) }
    }

    /// Whether somebody has taught the kernel other formats (`binfmt_misc`).
    private static var otherFormatsMayRun: Bool {
        guard let folder = opendir("/proc/sys/fs/binfmt_misc") else { return false }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // `.`, `..`, `register` and `status` are always there; an empty folder is one without the file system in it.
        return count > 4
    }
}

/// The bytes of a program, as far as they are asked for.
private struct ProgramImage: ~Copyable {
    private let file: Descriptor

    init?(_ path: [UInt8]) {
        guard let file = try? Descriptor.open(String(decoding: path, as: UTF8.self), O_RDONLY) else { return nil }
        self.file = file
    }

    /// As many bytes as there are; nil when the file cannot be read.
    func bytes(at offset: Int, count: Int) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: count)
        let read = pread(file.number, &result, count, off_t(offset))
        return read < 0 ? nil : Array(result.prefix(read))
    }

    /// The path of the dynamic loader; nil for a static program and for what is no ELF file of this machine's byte order.
    func elfInterpreter() -> [UInt8]? {
        guard let head = bytes(at: 0, count: 64), head.count == 64, head[5] == 1 else { return nil }
        let isLong = head[4] == 2
        let table = Int(clamping: isLong ? number(head, 32, 8) : number(head, 28, 4))
        let size = Int(clamping: number(head, isLong ? 54 : 42, 2))
        let count = Int(clamping: number(head, isLong ? 56 : 44, 2))
        guard (32...256).contains(size), count < 128, let headers = bytes(at: table, count: size * count) else {
            return nil
        }
        for start in stride(from: 0, to: headers.count - size + 1, by: size) where number(headers, start, 4) == 3 {
            let offset = Int(clamping: number(headers, start + (isLong ? 8 : 4), isLong ? 8 : 4))
            let length = Int(clamping: number(headers, start + (isLong ? 32 : 16), isLong ? 8 : 4))
            guard length <= 4096, let path = bytes(at: offset, count: length) else { return nil }
            return Array(path.prefix { $0 != 0 })
        }
        return nil
    }

    /// A little-endian number.
    private func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
        guard offset + count <= bytes.count else { return 0 }
        return bytes[offset..<offset + count].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
}
