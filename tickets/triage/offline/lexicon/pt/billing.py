"""Portuguese words of money: invoices, payments, refunds, fees, prices, banking."""

PATTERNS = {
    6: """
        reembols*, estorn*, fatur*, cobrança*, cobrad*
        """,
    5: """
        cobrado* duas|em|indevidamente|errado|por, cobrança indevida|dupla|errada,
        duas vezes .. compra|fatura|pedido|valor, meu dinheiro, segunda via,
        fatura .. errada|alta|incorreta|cópia, conta de luz|água|gás|telefone|internet,

        continua* tirando|cobrando|descontando|debitando,
        continuam cobrando|tirando|descontando, seguem cobrando, me tiraram,
        colocaram .. seguro, adicionaram .. seguro|cobrança, seguro que .. não,
        não caiu na|em minha, não está na minha conta
        """,
    4: """
        devolução .. dinheiro|valor, devolver .. dinheiro|valor, dinheiro de volta,
        cobraram, cobrou, cobrar*, cobro, em duplicidade, cobrado duas|em, débito*,
        debitad*, transferência .. bancária|dinheiro, pix, recibo*, multa, juros, taxa*,
        tarifa*, valor .. incorreto|errado|cobrado|pago, valor, mensalidade*, anuidade*,
        parcela*, parcelamento, aumento .. preço|mensalidade, taxa de câmbio,
        caixa eletrônico, multibanco, saque, dinheiro, iva,
        pagamento* .. duplicado|errado|não, discrepância* .. fatura*|cobrança*,
        crédito na|em,

        boleto*, forma* de pagamento, método* de pagamento, meio* de pagamento, parcel*,
        em parcelas, comissão, sacar dinheiro, sacar, levantar dinheiro, levantamento,
        cartão .. recusado|cobrado|rejeitado, pagamento .. recusado|duplicado|pendente,
        extrato*, saldo .. conta|disponível|negativo, empréstimo*, crédito, financiamento,
        hipoteca, dívida*, cobradora, cheque especial, multas, imposto*, iptu, ipva,
        propina*, bolsa de estudo*, bolsa, prêmio .. seguro, franquia, coparticipação,
        código promocional, cupom de desconto, vale presente, frete,
        taxa de entrega|envio, alfândega .. taxa, caução, depósito, adiantamento,
        ressarci*, aumento .. conta|fatura, caro, cara, mais barato, quanto custa,
        comprovante .. pagamento, nota fiscal, débito automático, débito direto, mbway,
        mb way, referência multibanco, autorizei .. débito|cobrança|compra, não autorizei,
        debitaram,

        preço da corrida, corrida .. preço|valor, pedágio, portagem, suplemento*,
        sobretaxa, doação, doações, dividendo*, corretagem, salário .. não|atras*,
        aluguel, renda .. casa, subsídio*, aposentadoria .. pagamento, adiar .. pagamento,
        prorrog* .. pagamento, penhora, quilometragem, descontaram, descontam, tirando
        """,
    3: """
        pagamento*, pagar, pago, paguei, pagamos, preço*, custo, custos,
        cartão de crédito|débito, conta bancária, euros, assinatura*, renovação*,
        subscrição*, cupom, cupons, desconto*, vale, compensação, indeniz*, salário,
        paypal, transação*, transações, orçamento*, despesa*,

        bancário*, bancária*, banco, depositar, depositaram, reais
        """,
    2: """
        saldo, teste grátis, oferta*, finan*,

        plano, contrato*, barato, custa
        """,
}
