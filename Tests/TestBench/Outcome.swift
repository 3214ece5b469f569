/// How a program ended, and what it said.
package struct Outcome: Equatable, Sendable {
    /// Its exit code, or 128 and the number of the signal that ended it.
    package var status: Int32
    /// The signal that ended it; nil when it exited.
    package var signal: Int32?
    package var outputBytes: [UInt8]
    package var errorBytes: [UInt8]

    package init(status: Int32, signal: Int32? = nil, outputBytes: [UInt8], errorBytes: [UInt8]) {
        self.status = status
        self.signal = signal
        self.outputBytes = outputBytes
        self.errorBytes = errorBytes
    }

    package init(status: Int32, output: String = "", error: String = "") {
        self.init(status: status, outputBytes: Array(output.utf8), errorBytes: Array(error.utf8))
    }

    package var output: String { String(decoding: outputBytes, as: UTF8.self) }
    package var error: String { String(decoding: errorBytes, as: UTF8.self) }

    /// Both streams, for a look at everything that a log could show.
    package var log: String { output + error }
}
