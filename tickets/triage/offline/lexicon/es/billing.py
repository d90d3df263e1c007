"""Spanish words of money: invoices, payments, refunds, fees, prices, banking."""

PATTERNS = {
    6: """
        reembols*, factur*, cobr*, doble cobro|cargo
        """,
    5: """
        cobrado dos|doble|de|sin, dos veces .. pedido|factura|recibo|importe, mi dinero,
        devuelvan|devolver|devuelvanme .. dinero,
        factura .. error|alta|mal|copia|incorrecta, quitaron .. dólares|euros|dinero,
        subió .. factura|precio|cuota,

        sigue* quitando|cobrando|descontando|debitando, me quitaron, me quitan,
        me siguen cobrando|quitando, me añadieron|cobraron|agregaron .. seguro,
        seguro que no|nunca, no está en mi cuenta
        """,
    4: """
        devolución .. dinero|importe|pago, devolver .. dinero|importe,
        devuelvan .. dinero, cargo*, cobrado dos|doble|de, cargos no reconocidos, débito*,
        domiciliación, transferencia*, importe*, iva, recargo*, comisión*,
        tarifa .. incorrecta|cobrada, saldo .. incorrecto|factura, nota de crédito, abono,
        impago*, cuota*, aumento .. precio|tarifa, subida de precio*, tipo de cambio,
        cajero*, efectivo, retiro, pago* .. duplicado|erróneo|rechazado,
        discrepancia* .. factura*|facturación, dinero, recibo, multa,

        método* de pago, forma* de pago, medio* de pago, a plazos, en cuotas, comisión,
        comisiones, sacar dinero, retirar .. dinero|efectivo,
        tarjeta .. rechazada|rechazó|cobrada, pago .. rechazado|duplicado|pendiente,
        estado de cuenta, saldo .. cuenta|disponible|negativo, préstamo*, crédito*,
        hipoteca*, interés, intereses, mora, deuda*, cobranza*, sobregiro, descubierto,
        multa*, impuestos, matrícula .. pago|pagar, beca*, prima .. seguro|subió, prima,
        franquicia, copago, recibo .. luz|agua|gas, factura de la luz|agua|gas,
        domiciliar, código promocional|descuento, tarjeta de regalo, gastos de envío,
        aduana .. pago|cobro, fianza, depósito, anticipo, viáticos, reintegro*, abonado,
        abonar, aumento .. cuota|factura, caro, cara, más barato, cuánto cuesta|vale,
        boleta, comprobante .. pago, pagué, cuota mensual, rut .. factura, rfc, cfdi,

        precio del viaje, tarifa del viaje, peaje*, suplemento*, sobreprecio, donación,
        donaciones, donativo, dividendo*, corretaje, sueldo .. no|retras*, nómina .. no,
        alquiler, renta, subsidio*, pensión .. pago|cobro, aplazar .. pago, aplazamiento,
        embargo, viático*, kilometraje, descontaron, descuentan, quitando, cargaron
        """,
    3: """
        pago*, pagar, pagado, pagos, precio*, costo*, coste, costes, costos,
        tarjeta de crédito|débito, cuenta bancaria, euros, dólares, pesos, suscripción*,
        suscripciones, renovación*, cupón, cupones, descuento*, vale, tarjeta regalo,
        compensación, indemniz*, impuesto*, mensualidad*, nómina, salario, paypal,
        transacción*, transacciones, presupuesto*, gasto*,

        bancario*, bancaria*, banco, giro, depositar, depositaron, cobro, cobros
        """,
    2: """
        saldo, prueba gratuita, oferta*, tarifa*, finan*,

        plan, contrato*, barato, cuesta
        """,
}
