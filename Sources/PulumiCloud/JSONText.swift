internal import Redaction

/// A value in a JSON object that we send.
enum JSONValue {
    case text(String)
    case secret(Secret)
    case number(Int64)
}

/// A JSON object whose members stand in the given order.
func jsonObject(_ members: [(name: String, value: JSONValue)]) -> [UInt8] {
    var json: [UInt8] = []
    for (name, value) in members {
        json.append(UInt8(ascii: json.isEmpty ? "{" : ","))
        appendJSON(name.utf8, to: &json)
        json.append(UInt8(ascii: ":"))
        switch value {
        case .text(let text): appendJSON(text.utf8, to: &json)
        case .secret(let secret): secret.reveal { appendJSON($0, to: &json) }
        case .number(let number): json += Array(String(number).utf8)
        }
    }
    return json + [UInt8(ascii: "}")]
}

/// Appends UTF-8 as a JSON string.
func appendJSON(_ text: some Sequence<UInt8>, to json: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    json.append(UInt8(ascii: "\""))
    for byte in text {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
        case 0..<0x20: json += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        default: json.append(byte)
        }
    }
    json.append(UInt8(ascii: "\""))
}
