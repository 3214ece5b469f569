import HTTPTransport
import HostSystem
import TokenLifecycle

/// Which release this is.
enum Version {
    /// Semantic versioning; the changelog has a section of this name.
    static let number = "0.1.0"

    /// `pulumi-token --version [--verbose]`.
    static func print(isVerbose: Bool, on context: Context) throws(Explanation) -> ExitCode {
        var lines = ["pulumi-token \(number)"]
        if isVerbose {
            lines.append("Swift \(compiler)")
            lines += CurlTransport.versions
        }
        try Printing.text(lines.map { $0 + "\n" }.joined(), on: context.standardOutput)
        return .done
    }

    private static var compiler: String {
        #if compiler(>=6.4)
        "6.4 or later"
        #elseif compiler(>=6.3.2)
        "6.3.2 or later"
        #elseif compiler(>=6.3.1)
        "6.3.1"
        #else
        "before 6.3.1"
        #endif
    }
}
