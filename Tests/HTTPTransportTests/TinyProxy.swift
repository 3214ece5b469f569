import TestBench

/// A real proxy on a free port of this machine.
final class TinyProxy {
    let port: UInt16
    private let process: RunningProgram
    private let folder: ScratchFolder

    /// - Parameters:
    ///   - credentials: user and password, separated by a blank, if it asks for them.
    ///   - connectPorts: the ports to which it connects; any without one.
    init(credentials: String? = nil, connectPorts: [UInt16] = []) throws {
        folder = try ScratchFolder()
        // The port could be taken between the search and the start.
        for _ in 0..<5 {
            let port = ClosedPort().number
            var lines = ["Port \(port)", "Listen 127.0.0.1", "Timeout 60", "MaxClients 20", "LogLevel Info"]
            if let credentials { lines.append("BasicAuth \(credentials)") }
            lines += connectPorts.map { "ConnectPort \($0)" }
            let file = try folder.write(lines.joined(separator: "\n") + "\n", to: "tinyproxy.conf")
            let process = try Program("tinyproxy", ["-d", "-c", file]).start()
            while let line = try process.nextLine() {
                guard line.contains("Accepting connections") else { continue }
                self.port = port
                self.process = process
                return
            }
        }
        throw BenchError("no port for tinyproxy")
    }

    /// What it was asked for and answered: ends it.
    func requests() throws -> [String] {
        process.signal(15)
        return try process.wait().output.split(separator: "\n").compactMap { line in
            guard let request = line.firstRange(of: "Request (file descriptor ") else { return nil }
            return line[request.upperBound...].split(separator: "): ").last.map(String.init)
        }
    }
}
