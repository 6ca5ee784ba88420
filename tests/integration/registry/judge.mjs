// @kafkajs/confluent-schema-registry as a judge; argument: the registry's address. Prints what it saw as JSON.
import { createRequire } from 'node:module'
import process from 'node:process'

const require = createRequire(`${process.env.JUDGES_FOLDER}/`)
const { SchemaRegistry, SchemaType, COMPATIBILITY } = require('@kafkajs/confluent-schema-registry')

const host = process.argv[2]
const address = { type: 'record', name: 'Address', namespace: 'shop', fields: [{ name: 'street', type: 'string' }] }
const order = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [{ name: 'to', type: 'shop.Address' }, { name: 'count', type: 'int' }],
}
const broken = { ...address, fields: [{ name: 'street', type: 'int' }] }
const avro = (schema, references) => ({ type: SchemaType.AVRO, schema: JSON.stringify(schema), references })
const first = new SchemaRegistry({ host })

const registered = await first.register(avro(address), { subject: 'address', compatibility: COMPATIBILITY.BACKWARD })
const again = await first.register(avro(address), { subject: 'address' })
const encoded = await first.encode(registered.id, { street: 'Storgata' })
// another one, which has nothing in its cache
const second = new SchemaRegistry({ host })
const decoded = await second.decode(encoded)
const references = [{ name: 'shop.Address', subject: 'address', version: 1 }]
const { id } = await first.register(avro(order, references), { subject: 'order' })
const value = await first.encode(id, { to: { street: 'Storgata' }, count: 2 })
const withReference = await new SchemaRegistry({ host }).decode(value)
const refused = await first.register(avro(broken), { subject: 'address' }).then(() => 'taken', error => error.message)
const unknown = await second.getSchema(4711).then(() => 'found', error => error.message)

console.log(
  JSON.stringify({
    sameId: registered.id === again.id,
    decoded,
    withReference,
    refused,
    unknown,
    latest: await second.getLatestSchemaId('order'),
    id,
    found: await second.getRegistryId('address', 1),
    firstId: registered.id,
  }),
)
