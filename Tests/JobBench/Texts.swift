import FoundationEssentials
import Secrets

extension String {
    /// What stands between two marks; "" when they are not there.
    package func between(_ start: String, _ end: String) -> String {
        guard let first = ranges(of: start).first else { return "" }
        let rest = self[first.upperBound...]
        return rest.ranges(of: end).first.map { String(rest[..<$0.lowerBound]) } ?? ""
    }
}

package func base64(of text: String) -> String { Data(text.utf8).base64EncodedString() }

package func hexadecimal(of text: String) -> String {
    text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
